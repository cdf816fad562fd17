/** What is answered for what: counts by true class and answer, kept where there are any. */
import { type Share, shareOf } from "./share.js";

/** So many images of class `label` were answered `answer`; both are positions among the classes. */
export type ConfusionCell = readonly [label: number, answer: number, images: number];

/** How the images of one class fared. */
export interface ClassMeasure extends Share {
  readonly name: string;
  /** How many images, of whatever class, were given this one as the answer. */
  readonly answered: number;
  /** The wrong answer that its images were given most often, of equals the first; `null` where all are right. */
  readonly mostly: string | null;
}

/** Images of one class that were answered as another. */
export interface ConfusedPair {
  readonly label: string;
  readonly answer: string;
  readonly images: number;
  /** Of the images of class `label`, in percent. */
  readonly share: number;
}

export interface Confusion {
  /** Cells with images in them, by class and then by answer: no more than there are images, however many the classes. */
  readonly cells: readonly ConfusionCell[];
  readonly perClass: readonly ClassMeasure[];
  /** All that were confused: those with the most images first, then those with the largest share of their class. */
  readonly pairs: readonly ConfusedPair[];
}

export interface ConfusionCounts {
  add(label: number, answer: number): void;
  result(): Confusion;
}

/** @param classes names in label order */
export function countConfusion(classes: readonly string[]): ConfusionCounts {
  const counts = new Map<number, number>();
  return {
    add: (label, answer) => {
      const at = label * classes.length + answer;
      counts.set(at, (counts.get(at) ?? 0) + 1);
    },
    result: () => {
      const cells = [...counts]
        .sort(([a], [b]) => a - b)
        .map(([at, images]): ConfusionCell => [Math.floor(at / classes.length), at % classes.length, images]);
      const perClass = measureClasses(classes, cells);
      return { cells, perClass, pairs: confusedPairs(perClass, cells) };
    },
  };
}

function measureClasses(classes: readonly string[], cells: readonly ConfusionCell[]): readonly ClassMeasure[] {
  const sums = classes.map(() => ({ images: 0, right: 0, answered: 0, most: 0, mostly: null as string | null }));
  for (const [label, answer, images] of cells) {
    const own = sums[label] as (typeof sums)[number];
    own.images += images;
    (sums[answer] as typeof own).answered += images;
    if (label === answer) own.right = images;
    else if (images > own.most) {
      own.most = images;
      own.mostly = classes[answer] as string;
    }
  }
  return classes.map((name, label) => {
    const { right, images, answered, mostly } = sums[label] as (typeof sums)[number];
    return { name, ...shareOf(right, images), answered, mostly };
  });
}

function confusedPairs(perClass: readonly ClassMeasure[], cells: readonly ConfusionCell[]): readonly ConfusedPair[] {
  const of = (at: number) => perClass[at] as ClassMeasure;
  return cells
    .filter(([label, answer]) => label !== answer)
    .map(([label, answer, images]) => ({
      label: of(label).name,
      answer: of(answer).name,
      images,
      share: (100 * images) / of(label).images,
    }))
    .sort((a, b) => b.images - a.images || b.share - a.share);
}
