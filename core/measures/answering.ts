/** When a model answers: with a class, with a group of classes that it is sure of, or with nothing. */
import type { Ranks } from "../data/source.js";

/** From which probability on a model answers. */
export interface AnswerRule {
  /** By class, the least probability at which it is answered; `null` for never. */
  readonly thresholds: readonly (number | null)[];
  /** Ranks above the classes that it falls back on, in the order in which they are tried. */
  readonly ranks: readonly RankRule[];
}

export interface RankRule {
  /** `family`, say. */
  readonly rank: string;
  /** The group of each class, in label order. */
  readonly groups: readonly string[];
  /** The least sum of a group's probabilities at which it is answered; `null` for never. */
  readonly threshold: number | null;
}

/** What a model that may be silent says of an image. */
export type Answer =
  | { readonly kind: "class"; readonly label: string; readonly probability: number }
  /** A group of classes: `label` is its name, `probability` the sum of theirs. */
  | { readonly kind: "rank"; readonly rank: string; readonly label: string; readonly probability: number }
  /** `probability` is that of the likeliest class, which was not enough. */
  | { readonly kind: "unknown"; readonly probability: number };

/** What was said of images whose classes are known. */
export interface JudgedAnswers {
  /** By image, the probability of every class. */
  readonly probabilities: readonly Float64Array[];
  /** By image, the class with the largest score. */
  readonly answers: readonly number[];
  readonly labels: readonly number[];
}

export interface FittedRule {
  readonly rule: AnswerRule;
  /** Answers from which on a class has a threshold of its own. */
  readonly enough: number;
  /** Classes that share one, since they were answered more seldom. */
  readonly pooled: number;
  /** Whether so seldom, all of them together, that the threshold they share is that of all classes. */
  readonly isOfAll: boolean;
}

interface Sure {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Below so many answers a share of wrong ones says nothing, whatever the error rate. */
const LEAST = 20;

/**
 * What is answered of one image, where it may also be nothing.
 *
 * @param answer the class with the largest score
 * @param classes names in label order
 */
export function answerBy(
  { thresholds, ranks }: AnswerRule,
  probabilities: Float64Array,
  answer: number,
  classes: readonly string[],
): Answer {
  const probability = probabilities[answer] as number;
  if (isEnough(probability, thresholds[answer]))
    return { kind: "class", label: classes[answer] as string, probability };
  for (const { rank, groups, threshold } of ranks) {
    const [label, sum] = likeliestGroup(probabilities, groups);
    if (isEnough(sum, threshold)) return { kind: "rank", rank, label, probability: sum };
  }
  return { kind: "unknown", probability };
}

/**
 * Thresholds at which, of the images here, no more than a share of `error` is answered wrongly and as many as can be are answered:
 * selective classification (Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017, without their
 * bound). Each class has one of its own where it was answered often enough; the others share one. A rank is for images that no
 * class, and no rank before it, is answered of.
 *
 * @param error between 0 and 1
 * @param ranks those with more groups are tried first; one with a single group says nothing, and is left out
 */
export function fitRule(judged: JudgedAnswers, classCount: number, error: number, ranks: Ranks = {}): FittedRule {
  const enough = Math.max(LEAST, Math.ceil(1 / error));
  const byClass: Sure[][] = Array.from({ length: classCount }, () => []);
  judged.answers.forEach((answer, image) => {
    const confidence = judged.probabilities[image]?.[answer] as number;
    byClass[answer]?.push({ confidence, isRight: answer === judged.labels[image] });
  });
  const seldom = byClass.filter(({ length }) => length < enough);
  const isOfAll = seldom.flat().length < enough;
  const shared = thresholdOf(isOfAll ? byClass.flat() : seldom.flat(), error);
  const thresholds = byClass.map((own) => (own.length < enough ? shared : thresholdOf(own, error)));
  return {
    rule: { thresholds, ranks: fitRanks(judged, thresholds, error, ranks) },
    enough,
    pooled: seldom.length,
    isOfAll,
  };
}

function fitRanks(
  { probabilities, answers, labels }: JudgedAnswers,
  thresholds: AnswerRule["thresholds"],
  error: number,
  ranks: Ranks,
): readonly RankRule[] {
  const counted = Object.entries(ranks).map(([rank, groups]) => ({ rank, groups, count: new Set(groups).size }));
  const fitted: RankRule[] = [];
  let left = [...answers.keys()].filter((image) => {
    const answer = answers[image] as number;
    return !isEnough(probabilities[image]?.[answer] as number, thresholds[answer]);
  });
  for (const { rank, groups } of counted.filter(({ count }) => count > 1).sort((a, b) => b.count - a.count)) {
    const sure = left.map((image) => {
      const [label, confidence] = likeliestGroup(probabilities[image] as Float64Array, groups);
      return { image, confidence, isRight: label === groups[labels[image] as number] };
    });
    const threshold = thresholdOf(sure, error);
    fitted.push({ rank, groups, threshold });
    left = sure.filter(({ confidence }) => !isEnough(confidence, threshold)).map(({ image }) => image);
  }
  return fitted;
}

/**
 * The least confidence from which on no more than a share of `error` is wrong: between the last answer that is kept and the first
 * that is not, so that no last bit decides; 0 where all are kept, `null` where none can be.
 */
function thresholdOf(answers: readonly Sure[], error: number): number | null {
  const sorted = [...answers].sort((a, b) => b.confidence - a.confidence);
  let threshold: number | null = null;
  let wrong = 0;
  for (const [at, { confidence, isRight }] of sorted.entries()) {
    if (!isRight) wrong += 1;
    const next = sorted[at + 1];
    // Whoever is as sure is answered as well.
    if (next?.confidence === confidence) continue;
    // 0.29 of 100 is 28.999999999999996.
    if (wrong <= error * (at + 1) + 1e-9) threshold = next ? (confidence + next.confidence) / 2 : 0;
  }
  return threshold;
}

/** Of equals the first, in label order. */
function likeliestGroup(probabilities: Float64Array, groups: readonly string[]): readonly [string, number] {
  const sums = new Map<string, number>();
  probabilities.forEach((probability, label) => {
    const group = groups[label] as string;
    sums.set(group, (sums.get(group) ?? 0) + probability);
  });
  return [...sums].reduce((best, one) => (one[1] > best[1] ? one : best));
}

function isEnough(probability: number, threshold: number | null | undefined): boolean {
  return threshold !== null && threshold !== undefined && probability >= threshold;
}
