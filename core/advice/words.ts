/** How advice is worded. */
import type { Comparison } from "../measures/paired.js";
import { percent, points } from "../values/wording.js";
import { named } from "../values/words.js";

/** From here on chance is believed to be no explanation: the usual bound. */
export const SIGNIFICANT = 0.05;

/** `“student alone”`: titles of stages are names of strangers. */
export function quoted(name: string): string {
  return `“${named(name)}”`;
}

/** `−13.3 points, 95 % interval −18.9 to −7.6` */
export function apart({ difference, interval }: Comparison): string {
  return `${points(difference)} points, 95 % interval ${points(interval[0])} to ${points(interval[1])}`;
}

/** Of each of the two, how many of the images it gets right. */
export function rights({ both, onlyFirst, onlySecond, images }: Comparison): readonly [string, string] {
  return [percent((100 * (both + onlyFirst)) / images), percent((100 * (both + onlySecond)) / images)];
}

/** Two digits: `1,900`. More would pretend to be exact. */
export function about(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en");
}

export { percent };
