/** A report on a data set as people read it. */
import { type ClassCount, type DataReport, named, splits } from "../../index.js";
import { colorsOf, type Environment, print, widthOf } from "../environment.js";
import { table } from "../terminal/tables.js";
import { count, wrap } from "../terminal/text.js";

/** Of more classes than that, those with the most and the fewest images are shown. */
const SHOWN = 40;
const EXTREMES = 5;

export function showReport(report: DataReport, environment: Environment): void {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const { classes, counts, sheet, spoils, notes } = report;
  print(environment, `${colors.bold(named(report.path))}: ${report.layout}, classes in the order of ${report.order}`);
  const told = splits.filter((split) => counts[split] > 0);
  const images = told.reduce((sum, split) => sum + counts[split], 0);
  const parts = told.map((split) => `${counts[split].toLocaleString("en")} ${split}`);
  print(environment, `${count(classes.length, "class")}, ${count(images, "image")}: ${parts.join(", ") || "none"}`);
  for (const line of details(report)) print(environment, line);
  print(environment);
  print(environment, countsTable(report, environment));
  if (classes.length > SHOWN) print(environment, colors.dim(`${classes.length} classes; --json has them all.`));
  print(environment);
  for (const words of spoils) tell(colors.red("spoils"), words, environment);
  for (const words of notes) tell(colors.yellow("note  "), words, environment);
  if (sheet !== undefined) print(environment, `Images of every class: ${named(sheet)}`);
  print(
    environment,
    spoils.length === 0
      ? colors.green("Nothing that would spoil training was found.")
      : `${count(spoils.length, "thing")} would spoil training.`,
  );
}

function details({ sizes, ranks, duplicates, imbalance }: DataReport): readonly string[] {
  const rankNames = Object.entries(ranks).map(([rank, groups]) => `${rank} ${groups}`);
  const exact = duplicates.filter(({ alike }) => alike === "exactly").length;
  const near = duplicates.length - exact;
  return [
    ...(rankNames.length > 0 ? [`groups by rank: ${rankNames.join(", ")}`] : []),
    ...(sizes
      ? [
          `pictures: ${sizes.median.join(" × ")} px in the median, from ${sizes.smallest.width} × ${sizes.smallest.height} (${named(sizes.smallest.path)}) to ${sizes.largest.width} × ${sizes.largest.height} (${named(sizes.largest.path)})`,
        ]
      : []),
    `the same image several times: ${exact}; nearly the same: ${near}`,
    ...(imbalance === null ? [] : [`most images of a class to its fewest, in training: ${imbalance.toFixed(1)}`]),
  ];
}

function countsTable({ classes, counts }: DataReport, { stdout, variables }: Environment): string {
  const told = splits.filter((split) => counts[split] > 0);
  const total = ({ images }: ClassCount) => splits.reduce((sum, split) => sum + images[split], 0);
  const bySize = [...classes].sort((a, b) => total(b) - total(a));
  const shown = classes.length > SHOWN ? [...bySize.slice(0, EXTREMES), ...bySize.slice(-EXTREMES)] : classes;
  return table(
    [{ head: "class" }, ...told.map((head) => ({ head, align: "right" }) as const)],
    shown.map(({ name, images }) => [named(name), ...told.map((split) => String(images[split]))]),
    stdout,
    variables,
  );
}

/** A mark, and words beside it in as many lines as they take. */
function tell(mark: string, words: string, environment: Environment): void {
  const { stdout } = environment;
  const [first = "", ...rest] = stdout.isTTY ? wrap(words, widthOf(stdout) - 8) : [words];
  print(environment, `${mark}  ${first}`);
  for (const line of rest) print(environment, `        ${line}`);
}
