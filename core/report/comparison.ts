/** Several runs beside each other: whether one is better, or luckier, and in which classes they differ. */
import type { EpochSummary } from "../values/records.js";
import { between, count, percent, points } from "../values/wording.js";
import { curveFigure } from "./curves.js";
import { html, type Markup, nameOf } from "./markup.js";
import type { ReportedComparison, ReportedRun } from "./subject.js";
import { tableOf } from "./table.js";

/** The usual bound: below it, a difference is not put down to chance. */
const SIGNIFICANT = 0.05;

/** Classes and settings that are told of, of those that differ. */
const MOST = 12;

/** @param comparisons of the runs whose models were asked, with the first of all */
export async function comparisonSection(
  runs: readonly ReportedRun[],
  comparisons: readonly ReportedComparison[],
): Promise<Markup> {
  const rows = runs.map(({ name, answers }) => {
    const measures = answers?.measures;
    return [
      nameOf(name),
      answers ? nameOf(answers.model) : "–",
      percent(measures?.top1.accuracy),
      measures ? between(measures.top1.interval) : "–",
      percent(measures?.top5?.accuracy),
      percent(measures?.macroAccuracy),
      percent(measures?.calibration.error),
    ];
  });
  const curves = runs.map(({ name, history, stages }) => ({ name, points: accuracyOf(history, stages.at(-1)?.stage) }));
  return html`${tableOf("runs", ["run", "model", "top-1", "95 % interval", "top-5", "mean over classes", "calibration error"], rows)}
    ${comparisons.length > 0 && verdicts(runs, comparisons)}
    <div class="charts">${await curveFigure("accuracy of the last stage", "percent", curves)}</div>
    ${comparisons.map((one) => classDifferences(runs, one))}
    ${settingDifferences(runs)}`;
}

function verdicts(runs: readonly ReportedRun[], comparisons: readonly ReportedComparison[]): Markup {
  const nameAt = (at: number) => nameOf(runs[at]?.name ?? "");
  const rows = comparisons.map(({ second, difference, interval, onlySecond, onlyFirst, adjustedP }) => [
    nameAt(second),
    points(difference),
    `${points(interval[0])} to ${points(interval[1])}`,
    `${onlySecond} : ${onlyFirst}`,
    adjustedP < 0.001 ? "< 0.001" : adjustedP.toFixed(3),
    adjustedP >= SIGNIFICANT ? "may be chance" : difference > 0 ? "better" : "worse",
  ]);
  const first = comparisons[0]?.first ?? 0;
  return html`<h3>Beside ${nameAt(first)}, on the same ${count(comparisons[0]?.images ?? 0, "image")}</h3>
    ${tableOf("comparisons", ["run", "top-1, points", "95 % interval", "alone right", "p", ""], rows)}
    <p class="dim">Alone right: images that only this run gets right, and that only the first does. p: McNemar's exact test of these two
    numbers${comparisons.length > 1 && `, raised for ${comparisons.length} comparisons (Holm)`}. It is about these models: a method that is trained with
    another seed may differ from itself as much.</p>`;
}

function classDifferences(runs: readonly ReportedRun[], { first, second }: ReportedComparison): Markup | null {
  const [one, other] = [runs[first]?.answers?.measures.perClass, runs[second]?.answers?.measures.perClass];
  if (!one || !other) return null;
  const differing = one
    .map((before, at) => ({ before, after: other[at] }))
    .flatMap(({ before, after }) =>
      after && before.images > 0 && after.right !== before.right ? [{ before, after }] : [],
    )
    .sort((a, b) => Math.abs(b.after.accuracy - b.before.accuracy) - Math.abs(a.after.accuracy - a.before.accuracy));
  if (differing.length === 0) return null;
  const rows = differing
    .slice(0, MOST)
    .map(({ before, after }) => [
      nameOf(before.name),
      before.images,
      percent(before.accuracy),
      percent(after.accuracy),
      points(after.accuracy - before.accuracy),
    ]);
  return html`<h3>Where ${nameOf(runs[second]?.name ?? "")} differs most</h3>
    ${tableOf("classes that differ", ["class", "images", "the first", "here", "points"], rows)}
    ${differing.length > MOST && html`<p class="dim">${count(differing.length - MOST, "class")} more differ.</p>`}`;
}

function settingDifferences(runs: readonly ReportedRun[]): Markup | null {
  const texts = runs.map(
    ({ settings }) => new Map(settings.map(({ path, value }) => [path, JSON.stringify(value) ?? ""])),
  );
  const paths = [...new Set(texts.flatMap((text) => [...text.keys()]))];
  const differing = paths.filter((path) => new Set(texts.map((text) => text.get(path))).size > 1);
  if (differing.length === 0) return null;
  const rows = differing.map((path) => [
    html`<code>${nameOf(path)}</code>`,
    ...texts.map((text) => html`<code>${nameOf(text.get(path) ?? "–")}</code>`),
  ]);
  return html`<details><summary>${count(differing.length, "setting")} in which they differ</summary>
    ${tableOf("settings that differ", ["setting", ...runs.map(({ name }) => name)], rows)}</details>`;
}

function accuracyOf(history: readonly EpochSummary[], stage: string | undefined) {
  return history.flatMap((summary) => {
    const { accuracy } = summary.metrics;
    return summary.stage === stage && typeof accuracy === "number" && Number.isFinite(accuracy)
      ? [[summary.epoch + 1, accuracy] as const]
      : [];
  });
}
