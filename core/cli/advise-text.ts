/** Advice as people read it: sentences, and a table of teachers. */
import { type Advice, named, type RankedCandidate, wording } from "../index.js";
import { colorsOf, type Environment, nameRoom, print, widthOf } from "./environment.js";
import { table } from "./tables.js";
import { shortName, wrap } from "./text.js";

const mark = "advice";

/** Below an empty line; nothing where there is nothing to say. */
export function showAdvice(sentences: readonly string[], environment: Environment): void {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  if (sentences.length > 0) print(environment);
  for (const sentence of sentences) {
    const [first = "", ...rest] = stdout.isTTY ? wrap(sentence, widthOf(stdout) - mark.length - 2) : [sentence];
    print(environment, `${colors.yellow(mark)}  ${first}`);
    for (const line of rest) print(environment, `${" ".repeat(mark.length + 2)}${line}`);
  }
}

/** The lowest ratio first, and what is left out below. */
export function candidateTable(candidates: readonly RankedCandidate[], { stdout, variables }: Environment): string {
  const right = { align: "right" } as const;
  const room = nameRoom(stdout, 50);
  const rows = candidates.map(({ place, ratio, top1, leftOut }) => [
    shortName(named(place), room),
    ratio.ratio === null ? "–" : ratio.ratio.toFixed(3),
    ratio.ratio === null ? "" : `±${(1.96 * ratio.standardError).toFixed(3)}`,
    wording.percent(top1.accuracy),
    leftOut ?? "",
  ]);
  const heads = [
    { head: "teacher" },
    { head: "ratio 1-2", ...right },
    { head: "95 %", ...right },
    { head: "right in training", ...right },
    { head: "" },
  ];
  return table(heads, rows, stdout, variables);
}

export function textsOf(advice: readonly Advice[]): readonly string[] {
  return advice.map(({ text }) => text);
}
