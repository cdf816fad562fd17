/** What layer and group normalisation are composed of where the engine has no fused kernel. */
import type * as tf from "@tensorflow/tfjs";

export interface Standardised {
  /** `(x − mean) / √(variance + epsilon)` */
  readonly whitened: tf.Tensor;
  /** With the reduced axes kept, as axes of one. */
  readonly mean: tf.Tensor;
  /** Biased; with the reduced axes kept. */
  readonly variance: tf.Tensor;
}

/** Brings the values that share all axes but `axes` to mean 0 and variance 1. */
export function standardise(x: tf.Tensor, axes: number[], epsilon: number): Standardised {
  const mean = x.mean(axes, true);
  const centred = x.sub(mean);
  const variance = centred.square().mean(axes, true);
  return { whitened: centred.mul(variance.add(epsilon).rsqrt()), mean, variance };
}

/** The gradient of `whitened` with respect to `x`, applied to `dy`. */
export function standardiseGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  axes: number[],
  epsilon: number,
): { readonly dx: tf.Tensor; readonly whitened: tf.Tensor } {
  const factor = variance.add(epsilon).rsqrt();
  const whitened = x.sub(mean).mul(factor);
  const along = whitened.mul(dy.mul(whitened).mean(axes, true));
  return { dx: dy.sub(dy.mean(axes, true)).sub(along).mul(factor), whitened };
}
