/** What a run's stages came to: the numbers the papers report. */
import type { Run } from "../run/run.js";
import type { EpochSummary } from "../values/records.js";

export interface StageResult {
  readonly stage: string;
  /** As tables name it. */
  readonly title: string;
  readonly role: string;
  readonly epochs: number;
  /** Mean test accuracy of the last tested epochs, in percent. `null` when the stage was never tested. */
  readonly accuracy: number | null;
  /** Of how many epochs `accuracy` is the mean. */
  readonly meanOf: number;
  /** Best test accuracy of any epoch, in percent. */
  readonly best: number | null;
  /** What plugins measured at the end of the stage. */
  readonly measured: Readonly<Record<string, number>>;
}

/** A result for every enabled stage of the run so far, in order. */
export function summarize(run: Pick<Run, "history" | "preset" | "stages">): readonly StageResult[] {
  return run.stages.map(({ stage, config }) => {
    const epochs = run.history.filter((summary) => summary.stage === stage);
    const tested = epochs.flatMap(accuracyOf);
    const last = tested.slice(-config.evaluation.last);
    const definition = run.preset.stages[stage];
    return {
      stage,
      title: definition?.title ?? stage,
      role: definition?.trains ?? "student",
      epochs: epochs.length,
      accuracy: last.length > 0 ? last.reduce((sum, value) => sum + value, 0) / last.length : null,
      meanOf: last.length,
      best: tested.length > 0 ? Math.max(...tested) : null,
      measured: withoutAccuracy(epochs.at(-1)),
    };
  });
}

function withoutAccuracy(summary: EpochSummary | undefined): Readonly<Record<string, number>> {
  const { accuracy: _, ...measured } = summary?.metrics ?? {};
  return measured;
}

function accuracyOf({ metrics }: EpochSummary): readonly number[] {
  return metrics.accuracy === undefined ? [] : [metrics.accuracy];
}

/** Whether a tested epoch is better than all before it in its stage. */
export function isBestSoFar(history: readonly EpochSummary[], summary: EpochSummary): boolean {
  const { accuracy } = summary.metrics;
  if (accuracy === undefined) return false;
  const before = history.filter(({ stage, epoch }) => stage === summary.stage && epoch < summary.epoch);
  return before.flatMap(accuracyOf).every((earlier) => earlier < accuracy);
}
