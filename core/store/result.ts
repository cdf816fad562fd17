/** What a run's stages came to: the numbers the papers report. */
import { countIn, type Split } from "../data/source.js";
import type { Run } from "../run/run.js";
import type { EpochSummary } from "../values/records.js";

export interface StageResult {
  readonly stage: string;
  /** As tables name it. */
  readonly title: string;
  readonly role: string;
  readonly epochs: number;
  /** Where `accuracy`, `best`, `chosen` and `measured` are measured. Absent when the stage never was. */
  readonly split?: Split;
  /** Mean accuracy of the last measured epochs, in percent. `null` when the stage was never measured. */
  readonly accuracy: number | null;
  /** Of how many epochs `accuracy` is the mean. */
  readonly meanOf: number;
  /** Best accuracy of any epoch, in percent; told, and used for nothing: see `chosen`. */
  readonly best: number | null;
  /** The best epoch, where `split` may choose it; its checkpoint is kept. */
  readonly chosen?: ChosenEpoch;
  /** Whose weights the stage left behind: of its last epoch, or of the best one. */
  readonly exported: "last" | "best";
  /** What these weights are worth on the test split, which nothing was chosen on; where `split` is another. */
  readonly test?: Readonly<Record<string, number>>;
  /** What else was measured at the end of the stage. */
  readonly measured: Readonly<Record<string, number>>;
}

export interface ChosenEpoch {
  /** Counted from 0, as in `metrics.jsonl`. */
  readonly epoch: number;
  /** In percent. */
  readonly accuracy: number;
}

/** A result for every enabled stage of the run so far, in order. */
export function summarize(run: Pick<Run, "history" | "preset" | "stages">): readonly StageResult[] {
  return run.stages.map(({ stage, config }) => {
    const epochs = run.history.filter((summary) => summary.stage === stage);
    const tested = epochs.flatMap(accuracyOf);
    const last = tested.slice(-config.evaluation.last);
    const definition = run.preset.stages[stage];
    const ended = epochs.at(-1);
    return {
      stage,
      title: definition?.title ?? stage,
      role: definition?.trains ?? "student",
      epochs: epochs.length,
      ...splitOf(epochs),
      accuracy: last.length > 0 ? last.reduce((sum, value) => sum + value, 0) / last.length : null,
      meanOf: last.length,
      best: tested.length > 0 ? Math.max(...tested) : null,
      ...chosenOf(epochs),
      exported: ended?.exported === undefined ? "last" : "best",
      ...(ended?.test && { test: ended.test }),
      measured: withoutAccuracy(ended),
    };
  });
}

/** By stage that was measured: on how many images, without which nobody can tell how far chance goes. */
export function imagesOf(
  results: readonly StageResult[],
  { source }: Pick<Run, "source">,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    results.flatMap(({ stage, split }) => (split ? [[stage, countIn(source(stage), split)] as const] : [])),
  );
}

function splitOf(epochs: readonly EpochSummary[]): Pick<StageResult, "split"> {
  const measured = epochs.findLast(({ split, metrics }) => split !== undefined || metrics.accuracy !== undefined);
  return measured ? { split: measured.split ?? "test" } : {};
}

function chosenOf(epochs: readonly EpochSummary[]): Pick<StageResult, "chosen"> {
  const best = epochs.findLast((summary) => summary.best);
  return best?.metrics.accuracy === undefined ? {} : { chosen: { epoch: best.epoch, accuracy: best.metrics.accuracy } };
}

function withoutAccuracy(summary: EpochSummary | undefined): Readonly<Record<string, number>> {
  const { accuracy: _, ...measured } = summary?.metrics ?? {};
  return measured;
}

function accuracyOf({ metrics }: EpochSummary): readonly number[] {
  return metrics.accuracy === undefined ? [] : [metrics.accuracy];
}
