/** What a run's reports say of its progress: speed, time left, losses so far. Draws nothing. */
import type { StepReport } from "../../index.js";

/** A stage as far as it has come. */
export interface StageProgress {
  readonly stage: string;
  /** Epochs begun. */
  readonly epoch: number;
  /** 0 to 1. */
  readonly progress: number;
  /** By name: the mean over this epoch so far. */
  readonly losses: Readonly<Record<string, number>>;
  /** Latest and best test accuracy, in percent. */
  readonly accuracy?: number;
  readonly best?: number;
  /** Tests and checkpoints apart. */
  readonly imagesPerSecond: number;
  /** Spent on the stage since this process began. */
  readonly seconds: number;
  /** Unknown until there is something to judge by. */
  readonly secondsLeft?: number;
  readonly finished: boolean;
}

/** Adds up the reports of one stage. */
export interface StageTracker {
  readonly current: StageProgress;
  /** @param seconds since the report before, of whatever stage */
  add(report: StepReport, seconds: number): StageProgress;
}

/** @param epochs how many the stage will have @param known the best and latest accuracy of an earlier sitting */
export function trackStage(
  stage: string,
  epochs: number,
  known: Pick<StageProgress, "accuracy" | "best"> = {},
): StageTracker {
  let current: StageProgress = {
    stage,
    epoch: 0,
    progress: 0,
    losses: {},
    imagesPerSecond: 0,
    seconds: 0,
    finished: false,
    ...known,
  };
  let start: number | undefined;
  let steps = 0;
  return {
    get current() {
      return current;
    },
    add: (report, seconds) => {
      const { step, epoch } = report;
      const finished = epoch !== undefined && epoch.epoch + 1 >= epochs;
      const progress = finished ? 1 : step.progress;
      // What came before the first report was not this process's work.
      start ??= step.progress;
      steps = step.epoch + 1 === current.epoch ? steps + 1 : 1;
      const spent = current.seconds + seconds;
      const accuracy = epoch?.metrics.accuracy ?? current.accuracy;
      current = {
        stage,
        epoch: step.epoch + 1,
        progress,
        losses: epoch?.losses ?? runningMean(steps === 1 ? {} : current.losses, report.losses, steps),
        ...(accuracy !== undefined && { accuracy, best: Math.max(accuracy, current.best ?? accuracy) }),
        imagesPerSecond: epoch ? current.imagesPerSecond : speed(current.imagesPerSecond, report.images, seconds),
        seconds: spent,
        ...(progress > start && { secondsLeft: (spent * (1 - progress)) / (progress - start) }),
        finished,
      };
      return current;
    },
  };
}

function runningMean(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>, steps: number) {
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => {
      const mean = before[name] ?? value;
      return [name, mean + (value - mean) / steps];
    }),
  );
}

/** Smoothed over about ten steps, so that the figure can be read. */
function speed(before: number, images: number, seconds: number): number {
  if (seconds <= 0) return before;
  const now = images / seconds;
  return before === 0 ? now : before + (now - before) / 10;
}
