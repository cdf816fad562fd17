/** What can be counted in a batch of generated images, and in what teacher and student say of it. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings, NormInput } from "../../../core/index.js";
import { statisticsDistances } from "../../../core/ops/index.js";

/** Of the pictures themselves. */
export interface ImageStatistics {
  /** Of the generator's `tanh`, whose bounds are −1 and 1: 1 when every colour is black or full. */
  readonly meanAbsolute: number;
  /** Percent of the colour values that an eight-bit picture holds as 0 or 255. */
  readonly saturated: number;
  /** Standard deviation over the batch, mean over pixels and channels, in levels of an eight-bit picture: 0 when all images are one. */
  readonly spread: number;
}

/** Of the classes that a teacher sees. */
export interface ClassStatistics {
  /** Images by class, in label order. */
  readonly counts: readonly number[];
  /** Classes with at least one image. */
  readonly seen: number;
  /** The class with most images, its label. */
  readonly largest: number;
  /** Percent of the images that are of that class. */
  readonly largestShare: number;
  /** Of the shares, as part of the most it can be: 0 for one class, 1 when all come up alike. */
  readonly entropy: number;
}

/** How far a batch lies from what one batch norm remembers of real images: Euclidean lengths. */
export interface LayerDistance {
  /** As files name it, where the network says. */
  readonly layer: string;
  readonly mean: number;
  readonly variance: number;
}

/** @param labels the class that the teacher sees in each image */
export function classStatistics(labels: ArrayLike<number>, classes: number): ClassStatistics {
  const counts = new Array<number>(classes).fill(0);
  for (const label of Array.from(labels)) counts[label] = (counts[label] ?? 0) + 1;
  const most = Math.max(...counts);
  const shares = counts.filter((count) => count > 0).map((count) => count / labels.length);
  return {
    counts,
    seen: shares.length,
    largest: counts.indexOf(most),
    largestShare: (100 * most) / labels.length,
    // Minus 0 for a single class otherwise.
    entropy: classes < 2 ? 0 : Math.abs(shares.reduce((sum, p) => sum + p * Math.log(p), 0)) / Math.log(classes),
  };
}

/** How many classes a generator that makes all alike shows in so many images, on average. */
export function expectedClasses(classes: number, images: number): number {
  return classes * (1 - (1 - 1 / classes) ** images);
}

/** Pixels as people see them, in [0, 1]. */
export function denormalised(images: tf.Tensor4D, { mean, deviation }: Pick<InputSettings, "mean" | "deviation">) {
  return tf.tidy(() => images.mul(deviation).add(mean).clipByValue(0, 1) as tf.Tensor4D);
}

/**
 * @param pixels `[batch, height, width, 3]` in [0, 1]
 * @param bounded the generator's `tanh` from which they come, of the same shape
 * @returns `[3]`, in the order of {@link ImageStatistics}
 */
export function imageStatistics(pixels: tf.Tensor4D, bounded: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => {
    const size = bounded.abs();
    const { variance } = tf.moments(pixels, 0);
    const saturated = size.greater(1 - 1 / 255).cast("float32");
    return tf.stack([size.mean(), saturated.mean().mul(100), variance.sqrt().mean().mul(255)]) as tf.Tensor1D;
  });
}

/** `[layers, 2]`: lengths of the differences of means and of variances; their sum is the loss that a generator is taught by. */
export function layerDistances(inputs: readonly NormInput[]): tf.Tensor2D {
  return tf.tidy(() => tf.stack(inputs.map((input) => tf.stack(statisticsDistances(input)))) as tf.Tensor2D);
}

/** Percent of the images in which both see the same. */
export function agreementOf(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return (100 * Array.from(one).filter((label, index) => label === other[index]).length) / one.length;
}
