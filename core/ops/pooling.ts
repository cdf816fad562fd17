/** Pooling. */
import * as tf from "@tensorflow/tfjs";
import { alongSides } from "./resize.js";

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
 * goes to one position of each window. NaN is passed over where a window holds a number, and stays where it holds none.
 *
 * @param x `[batch, height, width, channels]`
 */
export function maxPool(x: tf.Tensor4D, { size = 3, stride = 2, padding = 1 }: MaxPoolOptions = {}): tf.Tensor4D {
  // The engines leave out what is outside the image, which is the same as −∞ there.
  return tf.maxPool(x, size, stride, padding === 0 ? "valid" : padding);
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

/**
 * Means over a grid of windows that cover the map, as PyTorch's `AdaptiveAvgPool2d`: window `i` of `n` reaches from
 * `⌊i·side/n⌋` to `⌈(i+1)·side/n⌉`. A map of that size already is returned as it is.
 *
 * @param x `[batch, …any sides, channels]`
 * @param size `[height, width]`
 * @returns `[batch, …size, channels]`
 */
export function adaptiveAveragePool(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [, fromHeight, fromWidth] = x.shape;
  if (fromHeight === height && fromWidth === width) return x.clone();
  return tf.tidy(() => alongSides(x, windowMeans(fromHeight, height), windowMeans(fromWidth, width)));
}

/** `[to, from]`: row `i` averages the window of output `i`. */
function windowMeans(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const [first, end] = [Math.floor((row * from) / to), Math.ceil(((row + 1) * from) / to)];
    matrix.fill(1 / (end - first), row * from + first, row * from + end);
  }
  return tf.tensor2d(matrix, [to, from]);
}
