/** How each class fared: bars for the eye, a table for the rest. */
import type { AnswerMeasures } from "../measures/answers.js";
import type { ClassMeasure } from "../measures/confusion.js";
import { between, percent, shortName } from "../values/wording.js";
import { drawChart, figure } from "./charts.js";
import { html, type Markup, nameOf } from "./markup.js";
import { tableOf } from "./table.js";

/** More bars are several charts beside each other: three, where there is room, each of no more than so many. */
const MOST_BARS = { alone: 50, beside: 70 } as const;

/** In pixels, of one bar and its distance from the next. */
const STEP = 16;

/** The worst first, of equals that with more images. */
export async function classSection({ perClass }: AnswerMeasures): Promise<Markup> {
  const tested = perClass
    .filter(({ images }) => images > 0)
    .sort((a, b) => a.accuracy - b.accuracy || b.images - a.images);
  const untested = perClass.length - tested.length;
  const isShort = tested.length <= MOST_BARS.alone;
  const charts = isShort ? 1 : 3 * Math.ceil(tested.length / (3 * MOST_BARS.beside));
  const each = Math.ceil(tested.length / charts);
  const parts = Array.from({ length: charts }, (_, at) => tested.slice(at * each, (at + 1) * each));
  const bars = await Promise.all(parts.map((part, at) => barsOf(part, at * each)));
  return html`<p>The worst first. The thin lines are intervals of 95 %: a class of few images has a wide one.
    ${untested > 0 && html` ${untested} of ${perClass.length} classes have no image here, and are left out.`}</p>
    <div class="charts">${bars}</div>
    <details><summary>All classes as a table</summary>${classTable(tested)}</details>`;
}

async function barsOf(part: readonly ClassMeasure[], from: number): Promise<Markup> {
  const values = part.map(({ name, accuracy, interval: [low, high] }, at) => ({
    id: String(at),
    label: shortName(name, 18),
    accuracy,
    low,
    high,
    told: `${accuracy.toFixed(0)} %`,
  }));
  const y = { field: "id", type: "nominal", sort: null, axis: null, scale: { paddingInner: 0.3, paddingOuter: 0.15 } };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    scale: { domain: [0, 100] },
    axis: { title: null, values: [0, 25, 50, 75, 100], labelOverlap: false },
  });
  const text = { type: "text", baseline: "middle", limit: 0, fill: "var(--ink)" };
  const chart = await drawChart(
    {
      data: { values },
      encoding: { y },
      layer: [
        { mark: { type: "bar", fill: "var(--bar)" }, encoding: { x: x("accuracy") } },
        {
          mark: { type: "rule", stroke: "var(--ink)", opacity: 0.55 },
          encoding: { x: x("low"), x2: { field: "high" } },
        },
        {
          mark: { ...text, align: "right", dx: -6 },
          encoding: { x: { datum: 0, type: "quantitative" }, text: { field: "label" } },
        },
        {
          mark: { ...text, align: "left", dx: 4 },
          encoding: { x: { datum: 100, type: "quantitative" }, text: { field: "told" } },
        },
      ],
    },
    `accuracy of ${part.length} classes, from ${percent(part[0]?.accuracy)} to ${percent(part.at(-1)?.accuracy)}; the table below has each`,
    { width: 172, height: STEP * part.length, left: 130, right: 40, top: 4, bottom: 24 },
  );
  const range = part.length === 0 ? "no class" : `${from + 1} to ${from + part.length}`;
  return figure(chart, html`<span class="dim">percent right, classes ${range}</span>`);
}

function classTable(classes: readonly ClassMeasure[]): Markup {
  const rows = classes.map(({ name, images, right, accuracy, interval, answered, mostly }) => [
    nameOf(name),
    images,
    right,
    percent(accuracy),
    between(interval),
    answered,
    mostly === null ? "" : nameOf(mostly),
  ]);
  return tableOf(
    "classes",
    ["class", "images", "right", "accuracy", "95 % interval", "answered", "mostly taken for"],
    rows,
  );
}
