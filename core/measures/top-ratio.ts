/** How far the likeliest class stands out from the next, image by image: what tells good teachers from others. */
import { bestOf } from "./ranking.js";
import { meanOf, varianceOf } from "./sample.js";

/** Of many images. */
export interface TopRatio {
  readonly images: number;
  /** The mean of second largest to largest logit. */
  readonly inverse: number;
  /** Of `inverse`: how far chance moves it, such being the images. */
  readonly standardError: number;
  /** 1 / `inverse`: the harmonic mean of largest to second largest; `null` where the second is, in the mean, no larger than the average logit. */
  readonly ratio: number | null;
}

export interface TopRatios {
  /** @param logits by class, two of them at least; of two the second is always what the first is not */
  add(logits: ArrayLike<number>): void;
  result(): TopRatio;
}

/**
 * “Ratio 1-2” of Gosal et al., How to Choose Your Teacher for Fine Grained Image Recognition, arXiv 2605.15689: how large the
 * largest logit is beside the second largest. Two things are otherwise than there, so that it can be had of every network.
 *
 * Of each image the mean of its logits is taken from them first. A number that is added to all of them changes no probability, and
 * so nothing that a student is taught; but it changes their ratio, and may change its sign. Cross-entropy leaves the mean where it
 * was, near 0: of networks that were trained by it the ratio stays what it was.
 *
 * The mean is harmonic, that of second to largest: this lies between −1 and 1 for every image, where a second logit near 0 makes
 * the ratio as large as you like, and the arithmetic mean that of a single image.
 */
export function createTopRatios(): TopRatios {
  const inverses: number[] = [];
  return {
    add: (logits) => void inverses.push(secondToLargest(logits)),
    result: () => {
      const images = inverses.length;
      const { mean, standardError } = withError(inverses);
      return { images, inverse: mean, standardError, ratio: mean > 0 ? 1 / mean : null };
    },
  };
}

/** Of equal logits 1; NaN where one is no finite number. */
function secondToLargest(logits: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += logits[at] as number;
  if (!Number.isFinite(sum)) return Number.NaN;
  const mean = sum / logits.length;
  const [largest, second] = bestOf(logits, 2).map((at) => (logits[at] as number) - mean) as [number, number];
  return largest === second ? 1 : second / largest;
}

/** The mean of some numbers, and its standard error: 0 of a single one. */
function withError(values: readonly number[]): { readonly mean: number; readonly standardError: number } {
  const standardError = values.length < 2 ? 0 : Math.sqrt(varianceOf(values) / values.length);
  return { mean: meanOf(values), standardError };
}
