/** A share of images, and how far chance may have moved it. */

/** Two bounds in percent: the lower, the upper. */
export type Interval = readonly [low: number, high: number];

export interface Share {
  /** How many of them. */
  readonly right: number;
  readonly images: number;
  /** In percent; NaN where there is no image. */
  readonly accuracy: number;
  /** Of 95 %: see `wilsonInterval`. */
  readonly interval: Interval;
}

/** The normal distribution has 95 % of its mass within so many standard deviations. */
const Z = 1.959963984540054;

export function shareOf(right: number, images: number): Share {
  return { right, images, accuracy: (100 * right) / images, interval: wilsonInterval(right, images) };
}

/**
 * The 95 % interval of a share, in percent: the score interval of Wilson, Probable inference, the law of succession, and
 * statistical inference, J. Am. Stat. Assoc. 22, 1927. It stays within 0 and 100, and holds for a handful of images as well.
 *
 * With p = right/n: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
 *
 * @returns 0 to 100 where there is no image
 */
export function wilsonInterval(right: number, images: number): Interval {
  if (images === 0) return [0, 100];
  const p = right / images;
  const z2 = (Z * Z) / images;
  const middle = p + z2 / 2;
  const reach = Z * Math.sqrt((p * (1 - p)) / images + z2 / (4 * images));
  const bound = (value: number) => 100 * Math.min(1, Math.max(0, value / (1 + z2)));
  return [bound(middle - reach), bound(middle + reach)];
}

/**
 * The 95 % interval of the difference of two shares of different images, second less first, in points of percent: method 10 of
 * Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17, 1998: the Wilson
 * intervals of both, put together.
 */
export function differenceInterval(first: Omit<Share, "interval">, second: Omit<Share, "interval">): Interval {
  if (first.images === 0 || second.images === 0) return [-100, 100];
  const [[low1, high1], [low2, high2]] = [
    wilsonInterval(first.right, first.images),
    wilsonInterval(second.right, second.images),
  ];
  const difference = second.accuracy - first.accuracy;
  const below = Math.hypot(second.accuracy - low2, high1 - first.accuracy);
  const above = Math.hypot(high2 - second.accuracy, first.accuracy - low1);
  return [difference - below, difference + above];
}
