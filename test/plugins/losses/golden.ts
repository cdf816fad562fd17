/** Reads the pinned values and gradients of the losses. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";

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

/** The cases of a loss that golden/losses.json holds. */
export function goldenLosses(loss: string): readonly GoldenLoss[] {
  const file = JSON.parse(readFileSync(new URL("../../golden/losses.json", import.meta.url), "utf8"));
  return (file.cases as GoldenLoss[]).filter((entry) => entry.loss === loss);
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

/** Compares a loss with a golden case: its value within 1e-5, its gradient within `near`. */
export function expectGolden(golden: GoldenLoss, loss: (logits: tf.Tensor2D) => tf.Scalar, near = 1e-5): void {
  const result = valueAndGradient(loss, golden.inputs.studentLogits as number[][]);
  expect(Math.abs(result.value - golden.value) / golden.value).toBeLessThan(1e-5);
  expect(relativeError(result.gradient, golden.gradient)).toBeLessThan(near);
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
