/** Reads the pinned values and gradients of the losses. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

export interface GoldenLoss {
  readonly loss: string;
  readonly options: {
    readonly temperature: number;
    readonly alpha: number;
    readonly beta: number;
    readonly smoothing: number;
    readonly target: "ternary";
  };
  readonly inputs: Readonly<Record<string, number[] & number[][]>>;
  readonly value: number;
  readonly gradient: number[][];
}

/** All that golden/losses.json holds. */
export const allGoldenLosses: readonly GoldenLoss[] = JSON.parse(
  readFileSync(new URL("../../golden/losses.json", import.meta.url), "utf8"),
).cases;

/** … of one loss. */
export function goldenLosses(loss: string): readonly GoldenLoss[] {
  return allGoldenLosses.filter((entry) => entry.loss === loss);
}

/** A pinned value of the orthogonal loss, whose inputs are maps. */
export interface GoldenMaps {
  readonly inputs: {
    /** `[batch, height, width, channels]` */
    readonly studentFeatures: number[][][][];
    /** One map of features for each teacher, shaped like the student's. */
    readonly teacherFeatures: number[][][][][];
  };
  readonly value: number;
  readonly gradient: number[][][][];
}

/** Value and gradient of a loss; disposes everything else. */
export function valueAndGradient(loss: (logits: tf.Tensor2D) => tf.Scalar, logits: number[][]) {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor2D) => loss(z))(tf.tensor2d(logits));
    return { value: value.dataSync()[0] as number, gradient: (grad as tf.Tensor2D).arraySync() };
  });
}

/** Largest difference, relative to the largest expected magnitude. */
export function relativeError(actual: readonly number[][], expected: readonly number[][]): number {
  const flat = actual.flat();
  const wanted = expected.flat();
  if (flat.length !== wanted.length || flat.some((x) => !Number.isFinite(x))) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...wanted.map(Math.abs));
  return Math.max(...flat.map((x, index) => Math.abs(x - (wanted[index] as number)))) / scale;
}

/** `[batch, classes]` from class indices. */
export function oneHot(indices: readonly number[], classes: number): tf.Tensor2D {
  return tf.tidy(() => tf.oneHot(tf.tensor1d([...indices], "int32"), classes).toFloat() as tf.Tensor2D);
}
