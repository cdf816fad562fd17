/** What is measured of a split unasked, because of what the data is: accuracy by rank, by merged set, and by class. */
import type { Source, Split } from "../data/source.js";
import type { Accumulator } from "./metric.js";

/** From this many times the images of another class on, accuracy over images says little of the other class. */
const UNEVEN = 3;
/** Images that the largest class must have: of a handful, one more or less is a matter of chance. */
const ENOUGH = 10;

/**
 * Accuracies in percent, of a source that has ranks or was merged from several sets; nothing of others.
 *
 * `rankAccuracy/<rank>`: the share of images whose predicted class is in the group of the true one. `setAccuracy/<set>`: top-1
 * of the images of one set, classes of the others being wrong answers, too.
 */
export function measureGroups({ ranks = {}, about }: Pick<Source, "ranks" | "about">, split: Split): Accumulator {
  const right = new Map<string, number>();
  const images = new Map<string, number>();
  const count = (name: string, isRight: boolean) => {
    images.set(name, (images.get(name) ?? 0) + 1);
    right.set(name, (right.get(name) ?? 0) + (isRight ? 1 : 0));
  };
  return {
    add: ({ labels, predictions, indices }) =>
      labels.forEach((label, row) => {
        const guess = predictions[row] as number;
        for (const [rank, groups] of Object.entries(ranks))
          count(`rankAccuracy/${rank}`, groups[guess] === groups[label]);
        const set = about?.(split, indices[row] as number).set;
        if (set !== undefined) count(`setAccuracy/${set}`, guess === label);
      }),
    result: () => Object.fromEntries([...images].map(([name, of]) => [name, (100 * (right.get(name) as number)) / of])),
  };
}

/** `macroAccuracy`, the mean of the classes' accuracies in percent, where one class has three times the images of another, and no mere handful. */
export function measureUneven(
  perClass: readonly { readonly images: number; readonly correct: number }[],
): Readonly<Record<string, number>> {
  const seen = perClass.filter(({ images }) => images > 0);
  const counts = seen.map(({ images }) => images);
  if (seen.length === 0 || Math.max(...counts) < Math.max(ENOUGH, UNEVEN * Math.min(...counts))) return {};
  return { macroAccuracy: meanOverClasses(seen) };
}

/** The mean of the classes' accuracies, in percent: of those that have images; NaN where none has. */
export function meanOverClasses(perClass: readonly { readonly images: number; readonly correct: number }[]): number {
  const seen = perClass.filter(({ images }) => images > 0);
  return (100 * seen.reduce((total, { correct, images }) => total + correct / images, 0)) / seen.length;
}
