/** The longer tables of `fgkd eval`: by class, what is answered for what, and how sure it was where it was right. */
import { type ConfusionCell, invalidConfig, named } from "../../index.js";
import type { EvalArguments } from "../arguments.js";
import { colorsOf, type Environment, nameRoom, print, widthOf } from "../environment.js";
import { type Column, table } from "../terminal/tables.js";
import { between, percent, points, shortName } from "../terminal/text.js";
import type { TestedRun } from "./eval-run.js";

/** Of more classes than that, nobody reads a table of what is answered for what. */
const MOST_CLASSES = 30;

const right = { align: "right" } as const;

/** @throws FGKD_INVALID_CONFIG for more classes than a table of confusions has room for */
export function checkTables({ confusion }: EvalArguments, classes: readonly string[]): void {
  if (confusion && classes.length > MOST_CLASSES)
    throw invalidConfig(
      "--confusion",
      `a table of ${classes.length} classes is none that one could read; it has ${MOST_CLASSES} at most`,
      "Name some of them with --only-classes, or take --json.",
    );
}

/** Those that are asked for, under the name of the run where there are several. */
export function showTables(
  tested: TestedRun,
  { perClass, confusion, reliability }: EvalArguments,
  isOneOfSeveral: boolean,
  environment: Environment,
): void {
  const { stdout, variables } = environment;
  const { bold } = colorsOf(stdout, variables);
  const tables = [
    ...(perClass ? [classTable(tested, environment)] : []),
    ...(confusion ? confusionTables(tested, environment) : []),
    ...(reliability ? [reliabilityTable(tested, environment)] : []),
  ];
  for (const [at, text] of tables.entries()) {
    print(environment);
    if (at === 0 && isOneOfSeveral)
      print(environment, bold(shortName(`${tested.run} ${tested.model}`, nameRoom(stdout))));
    print(environment, text);
  }
}

/** The worst first, of equals the larger one. */
function classTable({ measures: { perClass } }: TestedRun, { stdout, variables }: Environment): string {
  const room = nameRoom(stdout, 48, 2);
  const short = (name: string) => shortName(named(name), room);
  const rank = ({ accuracy }: { readonly accuracy: number }) => (Number.isNaN(accuracy) ? Infinity : accuracy);
  const rows = [...perClass]
    .sort((a, b) => rank(a) - rank(b) || b.images - a.images)
    .map(({ name, images, right, accuracy, interval, mostly }) => [
      short(name),
      String(images),
      String(right),
      percent(accuracy),
      images === 0 ? "–" : between(interval),
      mostly === null ? "" : short(mostly),
    ]);
  const numbers = ["images", "right", "accuracy", "95 % interval"].map((head) => ({ head, ...right }));
  return table([{ head: "class" }, ...numbers, { head: "mostly taken for" }], rows, stdout, variables);
}

/** Rows are true classes, columns answers, by number; as many columns in a table as the terminal is wide. */
function confusionTables({ measures }: TestedRun, { stdout, variables }: Environment): readonly string[] {
  const { perClass, confusion } = measures;
  const wide = Math.max(...confusion.map(([, , images]) => String(images).length), String(perClass.length).length);
  const names = perClass.map(({ name }, at) => `${String(at + 1).padStart(2)} ${shortName(named(name), 24)}`);
  const nameWide = Math.max(...names.map(({ length }) => length));
  const columns = stdout.isTTY
    ? Math.max(1, Math.floor((widthOf(stdout) - nameWide) / (wide + 2)) - 1)
    : perClass.length;
  const tables: string[] = [];
  for (let from = 0; from < perClass.length; from += columns) {
    const answers = [...perClass.keys()].slice(from, from + columns);
    const heads: readonly Column[] = [{ head: "class" }, ...answers.map((at) => ({ head: String(at + 1), ...right }))];
    const rows = names.map((name, label) => [name, ...answers.map((answer) => cellOf(confusion, label, answer))]);
    tables.push(table(heads, rows, stdout, variables));
  }
  return tables;
}

function cellOf(cells: readonly ConfusionCell[], label: number, answer: number): string {
  const found = cells.find(([one, other]) => one === label && other === answer);
  return found ? String(found[2]) : "·";
}

function reliabilityTable({ measures: { calibration } }: TestedRun, { stdout, variables }: Environment): string {
  const rows = calibration.bins
    .filter(({ images }) => images > 0)
    .map(({ from, to, images, accuracy, confidence }) => [
      between([100 * from, 100 * to]),
      String(images),
      percent(confidence),
      percent(accuracy),
      points(accuracy - confidence),
    ]);
  const heads = ["sure", "images", "mean of it", "right", "apart"].map((head) => ({ head, ...right }));
  return table(heads, rows, stdout, variables);
}
