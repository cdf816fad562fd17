/** Whether a model is right as often as it is sure. */
import type { AnswerMeasures } from "../measures/answers.js";
import { between, percent, points } from "../values/wording.js";
import { drawChart, figure } from "./charts.js";
import { html, type Markup } from "./markup.js";
import { tableOf } from "./table.js";

/** Bins of confidence beside what was right in each. */
export async function calibrationSection({ calibration, top1 }: AnswerMeasures): Promise<Markup> {
  const bins = calibration.bins.filter(({ images }) => images > 0);
  if (bins.length === 0 || !Number.isFinite(calibration.error)) return html`<p>No probability could be measured.</p>`;
  const most = Math.max(...bins.map(({ images }) => images));
  const values = bins.map(({ from, to, accuracy, images }) => ({
    from: 100 * from,
    to: 100 * to,
    accuracy,
    share: 0.25 + (0.75 * images) / most,
  }));
  const scale = { domain: [0, 100] };
  const axis = (title: string) => ({ title, values: [0, 25, 50, 75, 100], labelOverlap: false, grid: false });
  const chart = await drawChart(
    {
      layer: [
        {
          data: { values },
          mark: { type: "bar", fill: "var(--bar)", stroke: "var(--paper)" },
          encoding: {
            x: { field: "from", type: "quantitative", scale, axis: axis("sure, percent") },
            x2: { field: "to" },
            y2: { datum: 0 },
            y: { field: "accuracy", type: "quantitative", scale, axis: axis("right, percent") },
            fillOpacity: { field: "share", type: "quantitative", scale: null },
          },
        },
        {
          data: { values: [{ from: 0, to: 100 }] },
          mark: { type: "rule", stroke: "var(--ink)", strokeDash: [4, 3] },
          encoding: {
            x: { field: "from", type: "quantitative" },
            y: { field: "from", type: "quantitative" },
            x2: { field: "to" },
            y2: { field: "to" },
          },
        },
      ],
    },
    `accuracy by confidence: expected calibration error ${percent(calibration.error)}, mean confidence ${percent(calibration.confidence)}, accuracy ${percent(top1.accuracy)}`,
    { width: 240, height: 200, left: 48, right: 12, top: 12, bottom: 40 },
  );
  const rows = bins.map(({ from, to, images, confidence, accuracy }) => [
    between([100 * from, 100 * to]),
    images,
    percent(confidence),
    percent(accuracy),
    points(accuracy - confidence),
  ]);
  const side = calibration.confidence > top1.accuracy ? "surer than it is right" : "less sure than it is right";
  return html`<p>On average the model is ${percent(calibration.confidence)} sure and ${percent(top1.accuracy)} right: ${side}. Its expected
    calibration error is ${percent(calibration.error)} (Guo et al., 2017, ${calibration.bins.length} bins). Where a bar reaches the
    dashed line, it is right as often as it is sure; the paler a bar, the fewer images it has.</p>
    <div class="charts">${figure(chart, html`<span class="dim">percent right, by how sure</span>`)}</div>
    <details><summary>The bins as a table</summary>${tableOf("calibration", ["sure", "images", "mean of it", "right", "apart"], rows)}</details>`;
}
