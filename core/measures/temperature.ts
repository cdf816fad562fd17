/** One number that makes a model as sure as it is right: its temperature, fitted on images that it was not trained on. */
import type { Scores } from "../evaluation/metric.js";
import { largest, probabilitiesOf } from "../evaluation/scores.js";
import type { Ensembler } from "../registries/entry.js";
import { createReliability } from "./reliability.js";

/** What a model said of images whose classes are known. */
export interface LabelledScores {
  /** By image, the scores of every class. */
  readonly rows: readonly Float32Array[];
  /** By image, the position of the true class. */
  readonly labels: readonly number[];
  /** What the scores are. Default: logits. */
  readonly gives?: Ensembler["gives"];
}

/** How far probabilities are to be believed. */
export interface Trust {
  /** Expected calibration error, in percent. */
  readonly error: number;
  /** Mean negative logarithm of the probability of the true class. */
  readonly surprise: number;
}

export interface TemperatureFit {
  /** Of all images: logits are divided by it. 1 where no other is better on images that it was not fitted on. */
  readonly temperature: number;
  /** Whether it is better there, judged by the mean negative log-likelihood. */
  readonly helps: boolean;
  readonly before: Trust;
  /** Each image with the temperature of the parts that it is not in: what is to be hoped for on other images. */
  readonly after: Trust;
}

/** Bounds of the search; beyond them a model is as good as certain, or as good as silent. */
const bounds = { least: 1 / 64, most: 64 } as const;

/** Parts of the images, each judged by the temperature of the others. */
const PARTS = 5;

/** Scores as they come, batch by batch. */
export interface CollectedScores extends LabelledScores {
  add(scores: Scores): void;
}

export function collectScores(): CollectedScores {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  return {
    rows,
    labels,
    add: ({ logits, classes, labels: own }) =>
      own.forEach((label, row) => {
        rows.push(logits.slice(row * classes, (row + 1) * classes));
        labels.push(label);
      }),
  };
}

/**
 * The temperature T that minimises the mean of −log softmax(z/T) of the true class (Guo et al., On Calibration of Modern Neural
 * Networks, ICML 2017, section 4.2). In 1/T this is convex, so that its slope, the mean of Σ p z less the true z, is 0 once at most
 * and bisection finds it. Scores that are shares count by their logarithms.
 *
 * @returns within 1/64 and 64; 1 of no image
 */
export function bestTemperature({ rows, labels, gives }: LabelledScores): number {
  const logits = rows.map((row) => (gives === "shares" ? row.map((share) => Math.log(share)) : row));
  const slope = (inverse: number) =>
    logits.reduce((sum, row, image) => sum + slopeOf(row, labels[image] as number, inverse), 0);
  if (rows.length === 0) return 1;
  let [low, high] = [1 / bounds.most, 1 / bounds.least];
  if (slope(low) >= 0) return bounds.most;
  if (slope(high) <= 0) return bounds.least;
  // Half of the exponent each time: 60 of them leave nothing of double precision.
  for (let turn = 0; turn < 60; turn++) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** Fits on all images; what that is worth is measured on images that had no part in it, by fivefold cross-validation. */
export function fitTemperature(scores: LabelledScores): TemperatureFit {
  const inPart = (part: number, isIn: boolean): LabelledScores => {
    const kept = [...scores.rows.keys()].filter((image) => (image % PARTS === part) === isIn);
    const [rows, labels] = [kept.map((at) => scores.rows[at]), kept.map((at) => scores.labels[at])];
    // They are positions of the same lists.
    return { ...scores, rows: rows as Float32Array[], labels: labels as number[] };
  };
  const parts = Array.from({ length: PARTS }, (_, part) => bestTemperature(inPart(part, false)));
  const before = trustIn(scores, () => 1);
  const after = trustIn(scores, (image) => parts[image % PARTS] as number);
  const helps = after.surprise < before.surprise;
  return { temperature: helps ? bestTemperature(scores) : 1, helps, before, after };
}

function trustIn({ rows, labels, gives }: LabelledScores, temperatureOf: (image: number) => number): Trust {
  const reliability = createReliability();
  let surprise = 0;
  rows.forEach((row, image) => {
    const label = labels[image] as number;
    const probabilities = probabilitiesOf(row, gives, temperatureOf(image));
    const answer = largest(row);
    reliability.add(probabilities[answer] as number, answer === label);
    surprise -= Math.log(probabilities[label] as number);
  });
  return { error: reliability.result().error, surprise: surprise / rows.length };
}

/** Of one image, by 1/T: the mean logit under softmax(z/T), less that of the true class. */
function slopeOf(logits: Float32Array, label: number, inverse: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) highest = Math.max(highest, logit);
  let [total, weighted] = [0, 0];
  for (const logit of logits) {
    const share = Math.exp(inverse * (logit - highest));
    total += share;
    // A share of nothing has an endless logarithm.
    if (share > 0) weighted += share * logit;
  }
  return weighted / total - (logits[label] as number);
}
