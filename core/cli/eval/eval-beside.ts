/** What `fgkd eval RUN RUN…` says: a line for each run, and whether chance explains how they differ from the first. */
import { named } from "../../index.js";
import { colorsOf, type Environment, nameRoom, print, widthOf } from "../environment.js";
import { table } from "../terminal/tables.js";
import { between, count, percent, points, shortName, wrap } from "../terminal/text.js";
import { compareWithFirst, type RunComparison } from "./eval-compare.js";
import type { EvalSubject } from "./eval-json.js";
import type { TestedRun } from "./eval-run.js";
import { tellOnly } from "./eval-text.js";

/** The usual bound: below it, a difference is not put down to chance. */
const SIGNIFICANT = 0.05;

const right = { align: "right" } as const;

export function showRuns(tested: readonly TestedRun[], subject: EvalSubject, environment: Environment): void {
  const { stdout, variables } = environment;
  const { bold, dim } = colorsOf(stdout, variables);
  const images = count(tested[0]?.measures.images ?? 0, `${subject.split} image`);
  print(environment, `${bold(count(tested.length, "run"))} on the same ${images} of ${subject.classes.length} classes`);
  tellOnly(subject, environment);
  print(environment);
  print(environment, runsTable(tested, environment));
  print(environment);
  print(environment, comparisonTable(tested, environment));
  print(environment);
  for (const line of wrap(explanation(tested), widthOf(stdout))) print(environment, dim(line));
}

function runsTable(tested: readonly TestedRun[], { stdout, variables }: Environment): string {
  const hasTeacher = tested.some(({ teacher }) => teacher !== null);
  const room = nameRoom(stdout, 56);
  const rows = tested.map((one) => {
    const { top1, top5, macroAccuracy, calibration } = one.measures;
    return [
      shortName(nameOf(one, tested), room),
      percent(top1.accuracy),
      between(top1.interval),
      percent(top5?.accuracy),
      percent(macroAccuracy),
      percent(calibration.error),
      ...(hasTeacher ? [percent(one.teacher?.agreement.accuracy)] : []),
    ];
  });
  const heads = ["top-1", "95 % interval", "top-5", "macro", "ECE", ...(hasTeacher ? ["teacher"] : [])];
  return table([{ head: "run" }, ...heads.map((head) => ({ head, ...right }))], rows, stdout, variables);
}

function comparisonTable(tested: readonly TestedRun[], { stdout, variables }: Environment): string {
  const room = nameRoom(stdout, 59);
  const rows = compareWithFirst(tested).map((one) => [
    shortName(nameOf(tested[one.second] as TestedRun, tested), room),
    points(one.difference),
    `${points(one.interval[0])} to ${points(one.interval[1])}`,
    `${one.onlySecond} : ${one.onlyFirst}`,
    one.adjustedP < 0.001 ? "< 0.001" : one.adjustedP.toFixed(3),
    verdict(one),
  ]);
  const numbers = ["top-1", "95 % interval", "alone right", "p"].map((head) => ({ head, ...right }));
  return table([{ head: "beside the first" }, ...numbers, { head: "" }], rows, stdout, variables);
}

function verdict({ adjustedP, difference }: RunComparison): string {
  if (adjustedP >= SIGNIFICANT) return "may be chance";
  return difference > 0 ? "better" : "worse";
}

/** The folder; where models of one run are compared, with the model. */
function nameOf({ run, model }: TestedRun, tested: readonly TestedRun[]): string {
  const isAlone = tested.filter((other) => other.run === run).length === 1;
  return named(isAlone ? run : `${run} ${model}`);
}

function explanation(tested: readonly TestedRun[]): string {
  const comparisons = tested.length - 1;
  return [
    "macro: mean over classes; ECE: expected calibration error;",
    ...(tested.some(({ teacher }) => teacher) ? ["teacher: answers that are its teacher's;"] : []),
    "alone right: images that only this run gets right, and that only the first does;",
    `p: McNemar's exact test of these two numbers${comparisons > 1 ? `, raised for ${comparisons} comparisons (Holm)` : ""}.`,
    "It is about these models: a method that is trained with another seed may differ from itself as much.",
  ].join(" ");
}
