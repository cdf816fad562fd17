/** Which images of a data set are there twice. */
import type { Duplicates, Placed } from "../../../core/index.js";
import { groupBy } from "./group-by.js";
import type { Look } from "./look.js";
import { nearGroups } from "./sight.js";

/**
 * Images of the same bytes, then those that look alike; of the same bytes one alone is compared by looks, so that no pair is
 * told twice.
 *
 * @param looks of each image
 */
export function findDuplicates(images: readonly Placed[], looks: readonly Look[]): readonly Duplicates[] {
  const byHash = groupBy(looks.keys(), (index) => looks[index]?.hash ?? `unread ${index}`);
  const exact = [...byHash.values()].filter(({ length }) => length > 1);
  const isFirst = new Set([...byHash.values()].map(([first]) => first));
  const near = nearGroups(looks.map(({ squeezed }, index) => (isFirst.has(index) ? squeezed : undefined)));
  const placed = (group: readonly number[]) => group.map((index) => images[index] as Placed);
  return [
    ...exact.map((group) => ({ alike: "exactly", images: placed(group) }) as const),
    ...near.map((group) => ({ alike: "nearly", images: placed(group) }) as const),
  ];
}

/** Whether a group lies in several splits. */
export function crossesSplits({ images }: Duplicates): boolean {
  return new Set(images.map(({ split }) => split)).size > 1;
}

/** Whether a group lies in several classes: one of the labels is wrong. */
export function crossesClasses({ images }: Duplicates): boolean {
  return new Set(images.map(({ className }) => className)).size > 1;
}
