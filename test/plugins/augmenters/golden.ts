/** Reads the pinned SnapMix cases, and compares tensors with them. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import type { Box } from "../../../plugins/augmenters/mixing-box.js";

export interface GoldenSnapmix {
  readonly features: number[][][][];
  /** `[classes, channels]`, as in public files. */
  readonly classifierWeights: number[][];
  readonly labels: number[];
  readonly permutation: number[];
  readonly lambdaA: number;
  readonly lambdaB: number;
  readonly centreA: [number, number];
  readonly centreB: [number, number];
  /** Top, left, bottom, right. */
  readonly boxA: number[];
  readonly boxB: number[];
  readonly images: number[][][][];
  readonly mixed: number[][][][];
  readonly semanticPercentMap: number[][][];
  readonly weightsA: number[];
  readonly weightsB: number[];
}

export const goldenSnapmix: readonly GoldenSnapmix[] = JSON.parse(
  readFileSync(new URL("../../golden/snapmix.json", import.meta.url), "utf8"),
).cases;

/** Largest difference of any element. */
export function difference(actual: tf.Tensor, expected: tf.TensorLike): number {
  return tf.tidy(() => actual.sub(tf.tensor(expected)).abs().max().dataSync()[0] as number);
}

/** `[batch, classes]` from class indices. */
export function oneHot(indices: readonly number[], classes: number): tf.Tensor2D {
  return tf.tidy(() => tf.oneHot(tf.tensor1d([...indices], "int32"), classes).toFloat() as tf.Tensor2D);
}

/** A box from top, left, bottom, right. */
export function box([top, left, bottom, right]: readonly number[]): Box {
  return { top: top as number, left: left as number, bottom: bottom as number, right: right as number };
}

/** Images whose every value is different. */
export function countingImages(batch: number, height: number, width: number): tf.Tensor4D {
  return tf.tidy(() => tf.range(0, batch * height * width * 3).reshape([batch, height, width, 3]));
}
