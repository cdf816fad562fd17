/** Two models on the same images: whether one is better, or chance alone may have told them apart. */
import { type Interval, wilsonInterval } from "./share.js";

/** What two models answered, image by image. */
export interface PairedAnswers {
  /** `[images]`: positions of the true classes. */
  readonly labels: ArrayLike<number>;
  /** `[images]`: positions of the classes that each of the two answered. */
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

export interface Comparison {
  readonly images: number;
  /** Images that both, only one of them, and neither got right. */
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
  /** Accuracy of the second less that of the first, in points of percent. */
  readonly difference: number;
  /** Of 95 %: see `pairedInterval`. */
  readonly interval: Interval;
  /** See `mcnemarExact`. */
  readonly p: number;
}

/** Counts where two models agree in being right, and what follows from where they do not. */
export function comparePaired({ labels, first, second }: PairedAnswers): Comparison {
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (let image = 0; image < labels.length; image++) {
    const [one, other] = [first[image] === labels[image], second[image] === labels[image]];
    counts[one ? (other ? "both" : "onlyFirst") : other ? "onlySecond" : "neither"] += 1;
  }
  const { onlyFirst, onlySecond } = counts;
  const images = labels.length;
  const difference = (100 * (onlySecond - onlyFirst)) / images;
  return { images, ...counts, difference, interval: pairedInterval(counts), p: mcnemarExact(onlyFirst, onlySecond) };
}

/**
 * How likely it is, were both models as good, that the images which only one of them gets right fall at least as unevenly: the
 * exact, two-sided form of the test of McNemar, Note on the sampling error of the difference between correlated proportions or
 * percentages, Psychometrika 12, 1947; what Dietterich, Neural Computation 10, 1998, advises for two classifiers that were
 * trained once. Twice the binomial tail, min(1, 2 Σ_{i ≤ min(b, c)} C(b + c, i) / 2^(b + c)).
 *
 * @param onlyFirst images that only the first model gets right
 * @param onlySecond images that only the second one does
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  const total = onlyFirst + onlySecond;
  const least = Math.min(onlyFirst, onlySecond);
  // The logarithms of the terms: their factors leave the range of numbers from a thousand images on.
  let term = -total * Math.LN2;
  let tail = Math.exp(term);
  for (let i = 1; i <= least; i++) {
    term += Math.log((total - i + 1) / i);
    tail += Math.exp(term);
  }
  return Math.min(1, 2 * tail);
}

/**
 * The 95 % interval of the difference of two accuracies on the same images, second less first, in points of percent: method 10 of
 * Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired data, Statistics in
 * Medicine 17, 1998. The Wilson intervals of both, put together by how much the two are right about the same images.
 */
export function pairedInterval({
  both,
  onlyFirst,
  onlySecond,
  neither,
}: Pick<Comparison, "both" | "onlyFirst" | "onlySecond" | "neither">): Interval {
  const images = both + onlyFirst + onlySecond + neither;
  if (images === 0) return [-100, 100];
  const rights = [both + onlySecond, both + onlyFirst] as const;
  const [p2, p1] = rights.map((right) => (100 * right) / images) as [number, number];
  const [[low2, high2], [low1, high1]] = rights.map((right) => wilsonInterval(right, images)) as [Interval, Interval];
  const phi = correlation(both, onlyFirst, onlySecond, neither);
  const reach = (one: number, other: number) =>
    Math.sqrt(Math.max(0, one * one - 2 * phi * one * other + other * other));
  const difference = p2 - p1;
  return [difference - reach(p2 - low2, high1 - p1), difference + reach(high2 - p2, p1 - low1)];
}

/** Of being right, with Newcombe's correction for continuity where it is positive. */
function correlation(a: number, b: number, c: number, d: number): number {
  const product = (a + b) * (c + d) * (a + c) * (b + d);
  if (product === 0) return 0;
  const apart = a * d - b * c;
  return (apart > 0 ? Math.max(0, apart - (a + b + c + d) / 2) : apart) / Math.sqrt(product);
}

/**
 * p values of several comparisons, raised so that one below 0.05 among them is as rare by chance as with a single one: Holm, A
 * simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
 */
export function holm(values: readonly number[]): readonly number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const adjusted = [...values];
  let most = 0;
  order.forEach((at, rank) => {
    most = Math.max(most, Math.min(1, (values.length - rank) * (values[at] as number)));
    adjusted[at] = most;
  });
  return adjusted;
}
