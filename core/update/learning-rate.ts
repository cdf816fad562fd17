/** How the learning rate moves over a stage: a function of the epoch and nothing else. */

/** Warm-up is linear over the first epochs and comes on top of each shape. */
export type LearningRateSchedule = { readonly warmupEpochs?: number } & (
  | { readonly name: "constant" }
  /** `(1 + cos(π · epoch / epochs)) / 2`, set at the start of each epoch. */
  | { readonly name: "cosine" }
  /** Multiplied by `factor` (default 0.1) at each milestone, or every `every` epochs. */
  | {
      readonly name: "step";
      readonly every?: number;
      readonly milestones?: readonly number[];
      readonly factor?: number;
    }
);

/**
 * The learning rate of an epoch.
 *
 * @param base the learning rate of the config
 * @param epoch counted from 0
 * @param epochs of the stage
 */
export function learningRateAt(base: number, schedule: LearningRateSchedule, epoch: number, epochs: number): number {
  const warmup = schedule.warmupEpochs ?? 0;
  const warm = epoch < warmup ? (epoch + 1) / warmup : 1;
  return base * warm * shape(schedule, epoch, epochs);
}

function shape(schedule: LearningRateSchedule, epoch: number, epochs: number): number {
  switch (schedule.name) {
    case "constant":
      return 1;
    case "cosine":
      return (1 + Math.cos((Math.PI * epoch) / epochs)) / 2;
    case "step": {
      const { every, milestones = [], factor = 0.1 } = schedule;
      const passed = every ? Math.floor(epoch / every) : milestones.filter((milestone) => epoch >= milestone).length;
      return factor ** passed;
    }
  }
}
