/** What observers write of an epoch: its numbers by name, and how fast it went. */
import type { Batch, EpochReport, Training } from "../../../core/index.js";

/** `loss/crossEntropy`, `learning-rate`, `accuracy`: what is known of an epoch, by names that stay. */
export function numbersOf({ losses, metrics, learningRate }: EpochReport, speed: number | undefined) {
  const terms = Object.entries(losses).map(([name, value]) => [`loss/${name}`, value] as const);
  const sum = terms.reduce((total, [, value]) => total + value, 0);
  return {
    loss: sum,
    ...Object.fromEntries(terms),
    "learning-rate": learningRate,
    ...(speed !== undefined && { "images-per-second": speed }),
    ...metrics,
  } as Readonly<Record<string, number>>;
}

/** In seconds since 1970: for whoever looks on. Nothing is trained by it. */
export function timeOfDay(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** Counts images from the first step of an epoch to its last. */
export interface Pace {
  /** A step begins with so many images; `isFirst` of those that this process takes in the epoch. */
  step(images: number, isFirst: boolean): void;
  /** Images a second, of the steps that are over; `undefined` where that is none. */
  readonly speed: number | undefined;
}

/** @param now in milliseconds */
export function createPace(now: () => number = () => performance.now()): Pace {
  let [start, last, done, begun] = [0, 0, 0, 0];
  return {
    step: (images, isFirst) => {
      last = now();
      if (isFirst) [start, done, begun] = [last, 0, 0];
      done += begun;
      begun = images;
    },
    get speed() {
      return last > start ? (1000 * done) / (last - start) : undefined;
    },
  };
}

/** Follows the steps of a stage: tests, which come after an epoch's last step, do not count. */
export function followPace({ hooks, config }: Training, name: string): Pace {
  const pace = createPace();
  let epoch: number | undefined;
  hooks.batch.tap(name, (batch, step) => {
    pace.step(sizeOf(batch) ?? config.batchSize, step.epoch !== epoch);
    epoch = step.epoch;
    return batch;
  });
  return pace;
}

function sizeOf({ images, noise }: Batch): number | undefined {
  return (images ?? noise)?.shape[0];
}
