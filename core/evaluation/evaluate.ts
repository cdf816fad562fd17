/** How good a model is on the test split. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings, Source, Split } from "../data/source.js";
import { type Batch, need, release } from "../values/records.js";

export interface Evaluation {
  /** Top-1, in percent. */
  readonly accuracy: number;
  readonly images: number;
  readonly perClass: readonly ClassAccuracy[];
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
  /** Called after each batch. */
  readonly onBatch?: () => void;
}

/**
 * Runs `predict` over a split, without augmentation.
 *
 * @param predict `[batch, classes]` scores of a batch; called inside a tidy
 */
export async function evaluate(
  predict: (batch: Batch) => tf.Tensor2D,
  source: Source,
  { split = "test", batchSize, input, onBatch }: EvaluateOptions,
): Promise<Evaluation> {
  const images = new Array<number>(source.classes.length).fill(0);
  const correct = new Array<number>(source.classes.length).fill(0);
  const pass = { split, mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  for await (const batch of source.batches(pass)) {
    const [labels, predictions] = tf.tidy(() => [
      need(batch, "labels", "evaluate").argMax(1),
      predict(batch).argMax(1),
    ]) as [tf.Tensor1D, tf.Tensor1D];
    const [expected, guessed] = await Promise.all([labels.data(), predictions.data()]);
    expected.forEach((label, row) => {
      images[label] = (images[label] ?? 0) + 1;
      if (guessed[row] === label) correct[label] = (correct[label] ?? 0) + 1;
    });
    release({ labels, predictions });
    release(batch);
    onBatch?.();
  }
  const total = sum(images);
  return {
    accuracy: total === 0 ? Number.NaN : (100 * sum(correct)) / total,
    images: total,
    perClass: source.classes.map((name, label) => ({
      name,
      images: images[label] as number,
      correct: correct[label] as number,
    })),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
