/** How good a model is on a split: the metrics that are asked for, and accuracy class by class. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings, Split, TestedSource } from "../data/source.js";
import type { Ensembler } from "../registries/entry.js";
import { type Batch, need, release } from "../values/records.js";
import { type Metric, type Scores, together } from "./metric.js";
import { scoresOf } from "./scores.js";
import type { Predict } from "./test-time.js";
import { topOne } from "./top-one.js";
import { measureGroups, measureUneven } from "./unasked.js";

export interface Evaluation {
  /** Top-1, in percent; NaN where there is no image. */
  readonly accuracy: number;
  readonly images: number;
  readonly perClass: readonly ClassAccuracy[];
  /** What the metrics measured, by the names they give, and what the data is reason to measure: `unasked.ts`. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ClassAccuracy {
  readonly name: string;
  readonly images: number;
  readonly correct: number;
}

export interface EvaluateOptions {
  /** Default `test`. */
  readonly split?: Split;
  readonly batchSize: number;
  readonly input: InputSettings;
  /** Default top-1 alone. */
  readonly metrics?: readonly Metric[];
  /** What `predict` gives in the place of logits: an ensembler may give shares. Default: logits. */
  readonly gives?: Ensembler["gives"];
  /** Of its probabilities, which logits do not show. Default 1. */
  readonly temperature?: number;
  /** Called after each batch, with what the model said of it. */
  readonly onBatch?: (scores: Scores) => void;
}

/**
 * Runs `predict` over a split, without augmentation.
 *
 * @param predict `[batch, classes]` logits of a batch; called inside a tidy
 * @throws FGKD_INVALID_CONFIG when two metrics give a number the same name
 */
export async function evaluate(
  predict: Predict,
  source: TestedSource,
  { split = "test", batchSize, input, metrics = [topOne], gives, temperature, onBatch }: EvaluateOptions,
): Promise<Evaluation> {
  const classes = countClasses(source.classes);
  const measured = together(metrics).begin(source.classes);
  const groups = measureGroups(source, split);
  const pass = { split, mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  let seen = 0;
  for await (const batch of source.batches(pass)) {
    const scores = await read(batch, predict, seen, { gives, temperature });
    seen += scores.images;
    classes.add(scores);
    measured.add(scores);
    groups.add(scores);
    release(batch);
    onBatch?.(scores);
  }
  const perClass = classes.result();
  const correct = perClass.reduce((total, { correct }) => total + correct, 0);
  const accuracy = seen === 0 ? Number.NaN : (100 * correct) / seen;
  return {
    accuracy,
    images: seen,
    perClass,
    metrics: { ...measureUneven(perClass), ...groups.result(), ...measured.result() },
  };
}

/** Labels and logits of a batch, in one wait for the device. */
async function read(
  batch: Batch,
  predict: Predict,
  seen: number,
  { gives, temperature }: { [Name in "gives" | "temperature"]: EvaluateOptions[Name] | undefined },
): Promise<Scores> {
  const [labels, logits] = tf.tidy(() => [need(batch, "labels", "evaluate").argMax(1), predict(batch)]) as [
    tf.Tensor1D,
    tf.Tensor2D,
  ];
  const [expected, values] = await Promise.all([labels.data(), logits.data()]);
  // Copies: on some engines data() is a view of memory that the next batch reuses.
  const indices = batch.indices ?? from(seen, expected);
  const scores = scoresOf(Float32Array.from(values), Int32Array.from(expected), indices, gives, temperature);
  release({ labels, logits });
  return scores;
}

/** Where a source does not say which images these are, they are the next ones. */
function from(seen: number, { length }: { readonly length: number }): readonly number[] {
  return Array.from({ length }, (_, row) => seen + row);
}

function countClasses(names: readonly string[]) {
  const images = new Array<number>(names.length).fill(0);
  const correct = new Array<number>(names.length).fill(0);
  return {
    add: ({ labels, predictions }: Scores) =>
      labels.forEach((label, row) => {
        images[label] = (images[label] ?? 0) + 1;
        if (predictions[row] === label) correct[label] = (correct[label] ?? 0) + 1;
      }),
    result: (): readonly ClassAccuracy[] =>
      names.map((name, label) => ({ name, images: images[label] ?? 0, correct: correct[label] ?? 0 })),
  };
}
