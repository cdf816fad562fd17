/** Advice as people read it: sentences, and a table of teachers. */
import { type Advice, named, type RankedCandidate, wording } from "../../index.js";
import { colorsOf, type Environment, nameRoom, print, widthOf } from "../environment.js";
import { table } from "../terminal/tables.js";
import { shortName, wrap } from "../terminal/text.js";

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
  const room = nameRoom(stdout, 65);
  const rows = candidates.map(({ place, ratio: { ratio, inverse, standardError }, top1, leftOut }) => [
    shortName(named(place), room),
    ratio === null ? "–" : ratio.toFixed(2),
    inverse.toFixed(3),
    `±${(1.96 * standardError).toFixed(3)}`,
    wording.percent(top1.accuracy),
    leftOut ?? "",
  ]);
  const numbers = ["ratio 1-2", "2 to 1", "95 %", "right in training"].map((head) => ({ head, ...right }));
  const heads = [{ head: "teacher" }, ...numbers, { head: "" }];
  return table(heads, rows, stdout, variables);
}

export function textsOf(advice: readonly Advice[]): readonly string[] {
  return advice.map(({ text }) => text);
}
