/** `fgkd eval --json`: everything that was measured, as one document. docs/reference/cli.md has its keys. */
import type { Split } from "../../index.js";
import { visibleJson } from "../terminal/text.js";
import { compareWithFirst } from "./eval-compare.js";
import type { TestedRun } from "./eval-run.js";

/** What all runs were tested on. */
export interface EvalSubject {
  readonly split: Split;
  /** In label order: positions in the document count by them. */
  readonly classes: readonly string[];
  /** Whether they are those of `--only-classes`, and answers are among them alone. */
  readonly onlyClasses: boolean;
}

export function evalJson({ split, classes, onlyClasses }: EvalSubject, runs: readonly TestedRun[]): string {
  const document = {
    split,
    images: runs[0]?.measures.images,
    classes,
    onlyClasses,
    runs: runs.map(({ measures, labels: _, answers: __, gives: _gives, ...about }) => {
      const { images: ___, perClass, pairs, confusion, ...numbers } = measures;
      return { ...about, ...numbers, perClass, pairs, confusion };
    }),
    comparisons: compareWithFirst(runs),
  };
  // A cell or an interval in one line. Texts have no line ends of their own.
  return visibleJson(document).replaceAll(/\[\n\s*([-\d.e+]+(?:,\n\s*[-\d.e+]+)*)\n\s*\]/g, (_, numbers: string) => {
    return `[${numbers.replaceAll(/\s+/g, " ")}]`;
  });
}
