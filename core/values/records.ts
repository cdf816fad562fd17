/** The values that travel through a training step: read-only records, open to merging by plugins. */
import * as tf from "@tensorflow/tfjs";
import { missingField } from "./errors.js";

/** What normalised images are made of pixels in [0, 1] with: `(pixel − mean) / deviation`, per channel (red, green, blue). */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** One mini-batch: constants to the gradient. Fields are optional because the plugin list decides. */
export interface Batch {
  /**
   * `[batch, height, width, 3]`, normalised as `normalisation` says. A model changes them to its own size and
   * normalisation inside `forward`. From a source also pixels, 0 to 255, as `int32`: they are normalised before any
   * plugin sees them.
   */
  readonly images?: tf.Tensor4D;
  /** Of `images`. Absent: every model takes them for its own. */
  readonly normalisation?: Normalisation;
  /** `[batch, classes]`, one-hot. */
  readonly labels?: tf.Tensor2D;
  /**
   * `[batch, classes]`, one-hot: the second label of a mixed image, the class of what was mixed in. Absent when nothing was
   * mixed. Any augmenter may set it with its weights, and any loss on labels count it.
   */
  readonly otherLabels?: tf.Tensor2D;
  /** `[batch]`: how much the loss on `labels` counts. Absent means 1. */
  readonly labelWeights?: tf.Tensor1D;
  /** `[batch]`: how much the loss on `otherLabels` counts. The two weights need not add up to 1. */
  readonly otherLabelWeights?: tf.Tensor1D;
  /** `[batch, classes]`, of the frozen teacher, before softmax. */
  readonly teacherLogits?: tf.Tensor2D;
  /** The frozen teacher's inner maps by public name, `[batch, height, width, channels]`. */
  readonly teacherMaps?: Readonly<Record<string, tf.Tensor4D>>;
  /** `[batch, height, width, channels]`, the frozen teacher's last map. */
  readonly teacherFeatures?: tf.Tensor4D;
  /** `[batch, size]`: what a generator makes images from. */
  readonly noise?: tf.Tensor2D;
  /** Positions of the images in their split. */
  readonly indices?: readonly number[];
  /** Images to train on of each class, in label order: of the whole data set, where its source knows. In training only. */
  readonly classCounts?: readonly number[];
}

/** What the trained model, and any tap on `forward`, computed for a batch. */
export interface Outputs {
  /** `[batch, classes]`, before softmax. */
  readonly logits?: tf.Tensor2D;
  /** `[batch, height, width, channels]`, the backbone's last map. */
  readonly features?: tf.Tensor4D;
  /** `[batch, height, width, 3]`, normalised: what a generator made of `batch.noise`. */
  readonly images?: tf.Tensor4D;
  /** Inner maps of the backbone by public name, `[batch, height, width, channels]`; only those that were wanted. */
  readonly maps?: Readonly<Record<string, tf.Tensor4D>>;
  /** Of `images`: the generator's own. */
  readonly normalisation?: Normalisation;
  /** `[batch, channels]`: what each pooled channel is multiplied by before the classifier, where the head has a gate. */
  readonly gate?: tf.Tensor2D;
  /**
   * `[batch, channels]`: what a norm between pool and classifier multiplies each pooled channel by, where the head has one; its
   * statistics count as constants. Class activation maps need it.
   */
  readonly pooledScale?: tf.Tensor2D;
  /** How much each token of a transformer attends to each, block by block, `[batch, heads, tokens, tokens]`; only where wanted. */
  readonly attention?: readonly tf.Tensor4D[];
  /** What each batch norm was given, and the averages it holds, from the first to the last; only where wanted. */
  readonly normInputs?: readonly NormInput[];
}

/** A batch norm as it was met on the way through a network. */
export interface NormInput {
  /** The batch norm's, as files have it: `layer1.0.bn1`. */
  readonly name?: string;
  /** `[batch, height, width, channels]` */
  readonly input: tf.Tensor4D;
  /** `[channels]`, the running mean. */
  readonly mean: tf.Tensor1D;
  /** `[channels]`, the running variance. */
  readonly variance: tf.Tensor1D;
}

/** Named, already weighted scalars. The trainer minimises their sum and reports each by name. */
export type LossTerms = Readonly<Record<string, tf.Scalar>>;

/** Where the stage stands. Warm-ups are functions of this and nothing else. */
export interface Step {
  /** Counted from 0. */
  readonly epoch: number;
  /** Within the epoch, counted from 0. */
  readonly index: number;
  /** From 0 (first step) towards 1 (end of the stage). */
  readonly progress: number;
  /** Updates of the stage's weights before this step: fewer than steps where several share one. A stage always says. */
  readonly update?: number;
  /** Whether it is the last of its epoch. A stage always says. */
  readonly isLast?: boolean;
}

/** Handed to `hooks.update`. */
export interface Updated {
  /** Updates of the stage's weights so far, this one included. */
  readonly count: number;
  /** By which they moved. */
  readonly learningRate: number;
}

/** What one step reports. */
export interface StepReport {
  readonly stage: string;
  readonly step: Step;
  /**
   * Each loss term by name, as minimised. Whoever walks through a run finds them there; a schedule on a device with a queue
   * does not before it takes its next step.
   */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Images in the batch. */
  readonly images: number;
  /** Present on an epoch's last step. */
  readonly epoch?: EpochSummary;
  /** Present on an epoch's last step: whether it was the last of its stage. */
  readonly ended?: boolean;
  /** True for a step that a resumed run had already taken: nothing was computed. */
  readonly replayed?: boolean;
}

/** What is kept of an epoch: one line of `metrics.jsonl`. */
export interface EpochSummary {
  readonly stage: string;
  /** Counted from 0. */
  readonly epoch: number;
  /** Mean of each loss term over the epoch's steps. */
  readonly losses: Readonly<Record<string, number>>;
  /** For example `accuracy`, in percent, on the split that epochs are measured on. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** That split. Absent: the test split, or the epoch was not measured. */
  readonly split?: "train" | "validation" | "test";
  /** True where the epoch is the best so far on the split that chooses. */
  readonly best?: boolean;
  /** Of a stage's last epoch, where the best weights are exported: the epoch that they are of. */
  readonly exported?: number;
  /** Of a stage's last epoch, where epochs are not measured on the test split: what the stage's weights are worth there. */
  readonly test?: Readonly<Record<string, number>>;
}

/** Handed to `hooks.epoch`, before the best epoch is chosen. */
export interface EpochReport extends EpochSummary {
  /** Ends the stage after this epoch. */
  stop(): void;
  /** Adds what a plugin measured to the epoch's `metrics`, under names of its own. */
  measure(measured: Readonly<Record<string, number>>): void;
}

/**
 * The field, or an error naming the plugin that needs it and the remedy.
 *
 * @throws FGKD_MISSING_FIELD
 */
export function need<R extends object, F extends keyof R & string>(
  record: R,
  field: F,
  plugin: string,
  remedy?: string,
): NonNullable<R[F]> {
  const value = record[field];
  if (value === undefined || value === null)
    throw missingField(plugin, field, Object.hasOwn(renamed, field) ? renamed[field] : remedy);
  return value;
}

/** Fields of version 0.1 that are called otherwise now. */
const renamed: Readonly<Record<string, string>> = {
  stages: "It is `maps` now, by name; say which are wanted: needs: () => ({ maps: [...] }).",
  teacherStages: "It is `teacherMaps` now, by name.",
};

/** A new record; frees the tensors it displaces. How a tap on `batch` or `gradients` hands ownership on. */
export function replace<R extends object>(record: R, fields: Partial<R>): R {
  for (const name of Object.keys(fields) as (keyof R)[]) {
    if (record[name] !== fields[name]) release({ displaced: record[name] });
  }
  return { ...record, ...fields };
}

/** Frees every tensor of a record, also those in its lists and records. */
export function release(record: object): void {
  tf.dispose(tensorsOf(record));
}

/** The tensors of a record, also those in its lists and records. */
export function tensorsOf(record: object): tf.Tensor[] {
  return Object.values(record)
    .flat()
    .flatMap((value: unknown) => (value instanceof tf.Tensor ? [value] : isPlain(value) ? tensorsOf(value) : []));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
