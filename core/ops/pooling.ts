/** Pooling. */
import * as tf from "@tensorflow/tfjs";
import { padSides, refusesNumericPadding } from "./convolution.js";

export interface MaxPoolOptions {
  /** Side of the window. Default 3. */
  readonly size?: number;
  /** Default 2. */
  readonly stride?: number;
  /** Rows and columns of −∞ on every side: what is outside never wins. Default 1. */
  readonly padding?: number;
}

/**
 * Largest value of each window. Output sides are `⌊(side + 2·padding − size) / stride⌋ + 1`, as PyTorch's. The gradient
 * goes to one position of each window.
 *
 * @param x `[batch, height, width, channels]`
 */
export function maxPool(x: tf.Tensor4D, { size = 3, stride = 2, padding = 1 }: MaxPoolOptions = {}): tf.Tensor4D {
  if (padding === 0) return tf.maxPool(x, size, stride, "valid");
  // The engines leave out what is outside the image, which is the same as −∞ there.
  if (!refusesNumericPadding()) return tf.maxPool(x, size, stride, padding);
  return tf.tidy(() => tf.maxPool(padSides(x, padding, Number.NEGATIVE_INFINITY), size, stride, "valid"));
}

/**
 * Mean over all positions.
 *
 * @param x `[batch, height, width, channels]`
 * @returns `[batch, channels]`
 */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  return x.mean<tf.Tensor2D>([1, 2]);
}

/**
 * Largest value over all positions. The gradient goes to one position of each channel, also when several are equal
 * (as in PyTorch's pooling; `tf.max` would give each of them the whole gradient).
 *
 * @param x `[batch, height, width, channels]`
 * @returns `[batch, channels]`
 */
export function globalMaxPool(x: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => tf.maxPool(x, [height, width], 1, "valid").reshape<tf.Tensor2D>([batch, channels]));
}
