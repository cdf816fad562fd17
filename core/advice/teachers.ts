/** Which of several teachers will teach best: by how sure they are of the images that are trained on. */
import type { Share } from "../measures/share.js";
import type { TopRatio } from "../measures/top-ratio.js";
import { named, shellWord } from "../values/words.js";
import type { Advice } from "./facts.js";
import { percent } from "./words.js";

/** A teacher, and what it says of the images that are trained on, seen as in tests. */
export interface Candidate {
  /** As one would type it. */
  readonly place: string;
  readonly top1: Share;
  readonly ratio: TopRatio;
  /** Of two classes there is no ratio: the second logit is what the first is not. */
  readonly classes: number;
}

export interface RankedCandidate extends Candidate {
  /** Why it has no place among the others; `null` where it has one. */
  readonly leftOut: "knows too little" | "has two classes" | "is no number" | null;
}

/**
 * The ratio tells those apart that have learnt the images: who has not is unsure, which lowers it. So many of them a teacher knows, in
 * percent, and such a share of those that the best one knows.
 */
const KNOWS = { least: 50, ofBest: 0.9 } as const;

/** A difference of so many standard errors is chance one time in twenty. */
const APART = 1.96;

/** The lowest ratio first, as Gosal et al. (arXiv 2605.15689) found it to go with the best students; then those that are left out. */
export function rankCandidates(candidates: readonly Candidate[]): readonly RankedCandidate[] {
  const best = Math.max(...candidates.map(({ top1 }) => top1.accuracy));
  const judged = candidates.map((one): RankedCandidate => ({ ...one, leftOut: reasonAgainst(one, best) }));
  const inPlace = judged.filter(({ leftOut }) => leftOut === null);
  return [
    ...inPlace.sort((a, b) => b.ratio.inverse - a.ratio.inverse),
    ...judged.filter(({ leftOut }) => leftOut !== null),
  ];
}

function reasonAgainst({ top1, ratio, classes }: Candidate, best: number): RankedCandidate["leftOut"] {
  if (top1.accuracy < Math.max(KNOWS.least, KNOWS.ofBest * best)) return "knows too little";
  if (Number.isNaN(ratio.inverse)) return "is no number";
  return classes < 3 ? "has two classes" : null;
}

/** Which of them to take; nothing where there is no choice. */
export function teacherToTake(ranked: readonly RankedCandidate[]): Advice | null {
  const [first, second] = ranked.filter(({ leftOut }) => leftOut === null);
  if (!first || !second) return null;
  const [one, other] = [first, second].map(({ place, ratio }) => `${named(place)} (${inWords(ratio)})`);
  const standardError = Math.hypot(first.ratio.standardError, second.ratio.standardError);
  if (first.ratio.inverse - second.ratio.inverse <= APART * standardError)
    return {
      about: "teacher-choice",
      text: `The ratio of their two largest logits does not tell ${one} from ${other}: they differ by less than two standard errors on ${first.ratio.images} images; take the one that costs less.`,
    };
  return {
    about: "teacher-choice",
    text: `${one} will probably teach best: on ${first.ratio.images} images its largest logit stands out the least from the second, next comes ${other}, and over eight published data sets that went with better students, at a correlation of 0.63 (of the teacher's accuracy: 0.52); take it with --teacher ${shellWord(first.place)}.`,
  };
}

/** Those that have not learnt the images: their low ratio says that they are unsure, not that they teach well. */
export function teachersThatKnowTooLittle(ranked: readonly RankedCandidate[]): readonly Advice[] {
  const best = Math.max(...ranked.map(({ top1 }) => top1.accuracy));
  return ranked
    .filter(({ leftOut }) => leftOut === "knows too little")
    .map(({ place, top1 }) => ({
      about: "teacher-unfit",
      text: `${named(place)} knows too little to teach these classes: it gets ${percent(top1.accuracy)} of ${top1.images} images to train on right${top1.accuracy < best ? `, the best of the teachers ${percent(best)}` : ""}; train it longer, or leave it out.`,
    }));
}

/** `ratio 1.81`; where there is none, the second logit lies below the mean of all. */
function inWords({ ratio, inverse }: TopRatio): string {
  return ratio === null ? `the second ${inverse.toFixed(2)} of the first` : `ratio ${ratio.toFixed(2)}`;
}
