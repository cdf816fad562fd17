/** Several runs on the same images: whether they may be compared, and how much of a difference chance explains. */
import { createHash } from "node:crypto";
import { type Comparison, comparePaired, countIn, holm, invalidData, namedList } from "../../index.js";
import type { OpenedRun, TestedRun } from "./eval-run.js";

export interface RunComparison extends Comparison {
  /** Positions among the runs: the first of all, and the one that is compared with it. */
  readonly first: number;
  readonly second: number;
  /** `p`, raised for as many comparisons as there are. */
  readonly adjustedP: number;
}

/** Each run beside the first. */
export function compareWithFirst(runs: readonly TestedRun[]): readonly RunComparison[] {
  const [first, ...others] = runs;
  if (!first) return [];
  const compared = others.map(({ answers }) =>
    comparePaired({ labels: first.labels, first: first.answers, second: answers }),
  );
  const adjusted = holm(compared.map(({ p }) => p));
  return compared.map((one, at) => ({ first: 0, second: at + 1, ...one, adjustedP: adjusted[at] as number }));
}

/**
 * Before any of them is tested.
 *
 * @throws FGKD_INVALID_DATA for runs of other classes than the first has, and for runs that are tested on other images
 */
export function checkSameTest([first, ...others]: readonly OpenedRun[]): void {
  for (const other of first ? others : []) {
    if (!first) return;
    if (JSON.stringify(first.classes) !== JSON.stringify(other.classes))
      throw invalidData(other.run, `its classes ${whichDiffer(first, other)}`, "Compare runs of the same classes.");
    const [images, expected] = [other, first].map(({ source, split }) => countIn(source, split));
    const problem =
      images !== expected
        ? `it is tested on ${images} images, ${first.run} on ${expected}`
        : areSame(first, other)
          ? undefined
          : `it is tested on other images than ${first.run}`;
    if (problem) throw invalidData(other.run, problem, "Give both the same ones: fgkd eval RUN RUN --data FOLDER.");
  }
}

function whichDiffer(first: OpenedRun, other: OpenedRun): string {
  const without = (all: readonly string[], known: readonly string[]) => all.filter((name) => !known.includes(name));
  const more = without(other.classes, first.classes);
  const less = without(first.classes, other.classes);
  const words = [
    ...(more.length > 0 ? [`${namedList(more, 5)} are not among those of ${first.run}`] : []),
    ...(less.length > 0 ? [`lack ${namedList(less, 5)} of ${first.run}`] : []),
  ];
  return words.join(", and ") || `are in another order than those of ${first.run}`;
}

/** Whose fingerprints differ may still be tested on the same files: other images were added, or are trained on. */
function areSame(one: OpenedRun, other: OpenedRun): boolean {
  if (one.source.fingerprint === other.source.fingerprint) return true;
  const [files, others] = [filesOf(one), filesOf(other)];
  return files !== null && files === others;
}

/** A checksum of the paths of what is tested; `null` where images are not in files. */
function filesOf({ source, split }: OpenedRun): string | null {
  const hash = createHash("sha256");
  for (let index = 0; index < countIn(source, split); index++) {
    const path = source.about?.(split, index).path;
    if (path === undefined) return null;
    hash.update(`${path}\n`);
  }
  return hash.digest("hex");
}
