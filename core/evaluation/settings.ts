/** How a stage is measured: the settings, and on which split of its data that is. */
import { z } from "zod";
import { countIn, type Source, type Split, splits } from "../data/source.js";
import type { Choice, Metrics } from "../registries/entry.js";
import { invalidConfig } from "../values/errors.js";
import { type TestTime, viewCounts } from "./test-time.js";

export interface EvaluationSettings {
  /** Measure after every so many epochs; the last epoch always counts. Default 1; 0 for never. */
  readonly every: number;
  /** The reported accuracy is the mean of this many last epochs, each of which is measured. Default 10. */
  readonly last: number;
  /** Which weights are measured: `raw`, or a view of the model that a plugin keeps, like `ema`. Default `raw`. */
  readonly weights: string;
  /** What is measured: registered metrics and their options. Default `top-1` alone, reported as `accuracy`. */
  readonly metrics: readonly (Choice<Metrics> | { readonly name: string })[];
  /** On which images. Default `null`: the validation split where the data has one, else the test split. */
  readonly split: Split | null;
  /**
   * The split that may choose the best epoch, when epochs are measured on it. Default `validation`: without one, no epoch is
   * chosen. `test` chooses on test images, whose accuracy then says too much.
   */
  readonly bestOn: "validation" | "test";
  /**
   * A stage ends at the first measured epoch that lies so many epochs or more after its best one, on the split that chooses. Default `null`: it takes all of its
   * epochs.
   */
  readonly patience: number | null;
  /** Of how many views of a picture the answers are averaged: see `testViews`. Default `null`: of the picture alone. */
  readonly testTime: TestTime | null;
}

/** @see EvaluationSettings */
export const evaluationDefaults: EvaluationSettings = {
  every: 1,
  last: 10,
  weights: "raw",
  metrics: [{ name: "top-1" }],
  split: null,
  bestOn: "validation",
  patience: null,
  testTime: null,
};

const whole = z.number().int();

/** What may stand under `evaluation` in a configuration. */
export const evaluationSchema = z
  .strictObject({
    every: whole.nonnegative(),
    last: whole.positive(),
    weights: z.string().min(1),
    metrics: z.array(z.looseObject({ name: z.string().min(1) })),
    split: z.enum(splits).nullable(),
    bestOn: z.enum(["validation", "test"]),
    patience: whole.positive().nullable(),
    testTime: z.enum(Object.keys(viewCounts) as [TestTime, ...TestTime[]]).nullable(),
  })
  .partial();

/** What becomes of the epochs of a stage. */
export interface EvaluationPlan {
  /** Where epochs are measured; `null` where they are not. */
  readonly split: Split | null;
  /** Whether the best of them is chosen. */
  readonly chooses: boolean;
  /** Whether the test split, not looked at before, is measured once when the stage has ended. */
  readonly testsAtEnd: boolean;
}

/** The part of a stage's settings that its plan depends on. */
export interface PlannedSettings {
  readonly evaluation: Pick<EvaluationSettings, "every" | "split" | "bestOn" | "patience">;
  readonly export: "last" | "best";
}

/** Whether an epoch, counted from 0, is measured: every so many, and the last ones. */
export function isDue(
  epoch: number,
  epochs: number,
  { every, last }: Pick<EvaluationSettings, "every" | "last">,
): boolean {
  return every > 0 && ((epoch + 1) % every === 0 || epochs - epoch <= last);
}

/** How many of a stage's epochs are measured. */
export function countDue(epochs: number, { every, last }: Pick<EvaluationSettings, "every" | "last">): number {
  const early = Math.max(0, epochs - last);
  return every > 0 ? Math.floor(early / every) + (epochs - early) : 0;
}

/** The split on which epochs are measured where they are, whether it has images or not. */
export function splitToMeasure({ split, bestOn }: Pick<EvaluationSettings, "split" | "bestOn">, source: Source): Split {
  return split ?? (countIn(source, "validation") > 0 && bestOn === "validation" ? "validation" : "test");
}

/**
 * @param measured names of the numbers that the stage's metrics give
 * @throws FGKD_INVALID_CONFIG when the split that is asked for has no image, or when the best epoch is to be exported, or to be
 *   waited for, and nothing chooses it
 */
export function planEvaluation(
  stage: string,
  { evaluation, export: exported }: PlannedSettings,
  source: Source,
  measured: readonly string[],
): EvaluationPlan {
  const { every, split: asked, bestOn, patience } = evaluation;
  const has = (split: Split) => countIn(source, split) > 0;
  const split = splitToMeasure(evaluation, source);
  const where = `stage "${stage}"`;
  if (every > 0 && asked !== null && !has(asked))
    throw invalidConfig(where, `evaluation.split is "${asked}", but its data has no such image`, remedyFor(asked));
  const isMeasured = every > 0 && has(split);
  const chooses = isMeasured && split === bestOn && measured.includes("accuracy");
  if ((exported === "best" || patience !== null) && !chooses)
    throw invalidConfig(
      where,
      `${exported === "best" ? 'export is "best"' : `evaluation.patience is ${patience}`}, but no best epoch is chosen: ${whyNone(evaluation, isMeasured, split, measured)}`,
      "Give its data a validation split (data.validation), or choose on test images with evaluation.bestOn=test.",
    );
  return {
    split: isMeasured ? split : null,
    chooses,
    testsAtEnd: isMeasured && split !== "test" && has("test"),
  };
}

function remedyFor(split: Split): string {
  return split === "validation" ? "Split one off with data.validation, such as 0.1." : "Name a split that it has.";
}

function whyNone(
  { every, bestOn }: Pick<EvaluationSettings, "every" | "bestOn">,
  isMeasured: boolean,
  split: Split,
  measured: readonly string[],
): string {
  if (every === 0) return "evaluation.every is 0";
  if (!isMeasured) return "its data has no image to measure epochs on";
  if (split !== bestOn) return `epochs are measured on the ${split} split`;
  return `evaluation.metrics gives no accuracy (${measured.join(", ") || "nothing"}); list top-1`;
}
