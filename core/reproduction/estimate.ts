/** What several seeds on one set of test images say of an accuracy, and how far chance may have moved that. */

import { meanOf, varianceOf } from "../measures/sample.js";
import { wilsonInterval } from "../measures/share.js";

/** Of the mean over seeds. */
export interface Estimate {
  readonly seeds: number;
  readonly images: number;
  /** In percent. */
  readonly mean: number;
  /** The largest less the smallest, in points of percent. */
  readonly spread: number;
  /** What seeds leave open of the mean: half of its 95 % interval, in points. NaN for one seed. */
  readonly bySeeds: number;
  /** What so many images leave open. */
  readonly byImages: number;
  /** Both together. Of one seed: of the images alone. */
  readonly reach: number;
}

/** Student's t: 97.5 % of the mass lies below, by degrees of freedom from 1 on. */
const t = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086,
];
/** For more of them than the table has: too wide rather than too narrow. */
const last = 2.086;

/**
 * The interval of a mean over seeds (Student's t) and that of a share of images (Wilson's) put together: runs differ by their
 * seeds, and all of them were tested on the same sample of images.
 *
 * @param accuracies in percent, one for each seed
 * @param images that each was tested on
 */
export function estimate(accuracies: readonly number[], images: number): Estimate {
  const seeds = accuracies.length;
  const mean = meanOf(accuracies);
  const [low, high] = wilsonInterval((mean / 100) * images, images);
  const byImages = (high - low) / 2;
  const bySeeds = seeds < 2 ? Number.NaN : studentT(seeds) * Math.sqrt(varianceOf(accuracies) / seeds);
  return {
    ...{ seeds, images, mean, bySeeds, byImages },
    spread: Math.max(...accuracies) - Math.min(...accuracies),
    reach: Math.hypot(seeds < 2 ? 0 : bySeeds, byImages),
  };
}

/** Of a difference of two: as if they had been tested on different images, which makes it too wide rather than too narrow. */
export function gainOver(one: Estimate, baseline: Estimate): { readonly gain: number; readonly reach: number } {
  return { gain: one.mean - baseline.mean, reach: Math.hypot(one.reach, baseline.reach) };
}

/**
 * How many times as many images and seeds it takes until the interval of a difference is no wider than the distance that it is to
 * tell, if seeds go on to differ as they did: images shrink their part with the root, seeds theirs faster while they are few. Of one seed
 * the images alone count.
 *
 * @param estimates the difference is of; of an accuracy by itself, one
 * @returns infinity where there is no distance
 */
export function timesEnough(estimates: readonly Estimate[], distance: number): number {
  if (distance === 0) return Number.POSITIVE_INFINITY;
  const isEnough = (times: number) => Math.hypot(...estimates.map((one) => reachWith(one, times))) <= distance;
  let most = 1;
  while (!isEnough(most)) most *= 2;
  let least = most / 2;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (isEnough(middle)) most = middle;
    else least = middle;
  }
  return most;
}

/** Of the mean, were there so many times as many images and seeds. */
function reachWith({ seeds, bySeeds, byImages }: Estimate, times: number): number {
  const images = byImages / Math.sqrt(times);
  if (seeds < 2) return images;
  return Math.hypot((bySeeds * studentT(times * seeds)) / studentT(seeds) / Math.sqrt(times), images);
}

function studentT(seeds: number): number {
  return t[seeds - 2] ?? last;
}
