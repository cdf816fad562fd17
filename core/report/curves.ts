/** How losses and accuracies went, stage by stage. */
import type { EpochSummary } from "../values/records.js";
import { percent } from "../values/wording.js";
import { colours, drawChart, figure } from "./charts.js";
import { html, type Markup, nameOf } from "./markup.js";
import { brief } from "./words.js";

/** A line of a chart. */
export interface Curve {
  readonly name: string;
  /** By epoch, counted from 1. */
  readonly points: readonly (readonly [epoch: number, value: number])[];
}

/** Chart of the terms of each stage's loss, and one of all stages' accuracies. */
export async function curveFigures(
  history: readonly EpochSummary[],
  titles: ReadonlyMap<string, string>,
): Promise<Markup> {
  const stages = [...new Set(history.map(({ stage }) => stage))];
  const title = (stage: string) => titles.get(stage) ?? stage;
  const accuracies = stages.map((stage) => ({
    name: title(stage),
    points: pointsOf(history, stage, ({ metrics }) => metrics.accuracy),
  }));
  const figures = [
    await curveFigure("accuracy", "percent", accuracies),
    ...(await Promise.all(
      stages.map((stage) => curveFigure(`loss, ${title(stage)}`, "mean over the epoch", lossesOf(history, stage))),
    )),
  ];
  return html`<div class="charts">${figures}</div>`;
}

/** Nothing where no curve has a point. */
export async function curveFigure(what: string, unit: string, given: readonly Curve[]): Promise<Markup | null> {
  const curves = given.filter(({ points }) => points.length > 0);
  const first = Math.min(...curves.map(({ points }) => points[0]?.[0] ?? 1));
  const last = Math.max(...curves.map(({ points }) => points.at(-1)?.[0] ?? 0));
  if (curves.length === 0) return null;
  const isPercent = unit === "percent";
  const values = curves.flatMap(({ points }, at) => points.map(([epoch, value]) => ({ epoch, value, at: String(at) })));
  const ids = curves.map((_, at) => String(at));
  const scale = (range: readonly unknown[]) => ({ domain: ids, range: ids.map((_, at) => range[at % range.length]) });
  const chart = await drawChart(
    {
      data: { values },
      mark: { type: "line", strokeWidth: 2, ...(last < 40 && { point: { filled: true, size: 18 } }) },
      encoding: {
        x: {
          field: "epoch",
          type: "quantitative",
          title: "epoch",
          scale: { domain: [first, Math.max(first + 1, last)], nice: false },
          axis: { tickMinStep: 1, tickCount: 6, format: "d", grid: false },
        },
        y: { field: "value", type: "quantitative", title: null, axis: { tickCount: 5 }, scale: { zero: isPercent } },
        color: { field: "at", type: "nominal", scale: scale(colours) },
        // Beyond as many curves as there are colours, dashes tell them apart.
        strokeDash: {
          field: "at",
          type: "nominal",
          scale: { domain: ids, range: ids.map((_, at) => (at < colours.length ? [1, 0] : [4, 3])) },
        },
      },
    },
    `${what} by epoch: ${curves.map((curve) => `${curve.name} ${ends(curve, isPercent)}`).join("; ")}`,
  );
  const legend = curves.map(
    (curve, at) =>
      html`<li><i class="${`c${at % colours.length}${at < colours.length ? "" : " dashed"}`}"></i>${nameOf(curve.name)} <b>${ends(curve, isPercent)}</b></li>`,
  );
  return figure(chart, html`<b>${what}</b> <span class="dim">${unit}</span><ul class="legend">${legend}</ul>`);
}

/** `2.31 → 0.42` */
function ends({ points }: Curve, isPercent: boolean): string {
  const tell = (value: number | undefined) => (isPercent ? percent(value) : brief(value));
  const [first, last] = [points[0]?.[1], points.at(-1)?.[1]];
  return points.length === 1 ? tell(last) : `${tell(first)} → ${tell(last)}`;
}

function lossesOf(history: readonly EpochSummary[], stage: string): readonly Curve[] {
  const own = history.filter((summary) => summary.stage === stage);
  const terms = [...new Set(own.flatMap(({ losses }) => Object.keys(losses)))];
  const sum = ({ losses }: EpochSummary) => Object.values(losses).reduce((total, value) => total + value, 0);
  const curves = terms.map((name) => ({ name, points: pointsOf(own, stage, ({ losses }) => losses[name]) }));
  return terms.length > 1 ? [{ name: "sum", points: pointsOf(own, stage, sum) }, ...curves] : curves;
}

function pointsOf(
  history: readonly EpochSummary[],
  stage: string,
  value: (summary: EpochSummary) => number | null | undefined,
): Curve["points"] {
  return history
    .filter((summary) => summary.stage === stage)
    .flatMap((summary) => {
      const found = value(summary);
      return typeof found === "number" && Number.isFinite(found) ? [[summary.epoch + 1, found] as const] : [];
    });
}
