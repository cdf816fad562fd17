/** What layer and group normalisation are composed of where the engine has no fused kernel, and standardised filters. */
import type * as tf from "@tensorflow/tfjs";
import { withGradient } from "./kernels.js";

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

/**
 * Weight standardisation: each output channel's values with mean 0 and biased variance 1, `(w − mean) / √(variance + epsilon)`.
 *
 * @param filter `[height, width, in, out]`
 * @param epsilon added to the variance. Default 1e-8
 * @see "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization", 2019
 */
export function standardizedFilter(filter: tf.Tensor4D, epsilon = 1e-8): tf.Tensor4D {
  const axes = [0, 1, 2];
  return withGradient<tf.Tensor4D>([filter], (save) => {
    const { whitened, mean, variance } = standardise(filter, axes, epsilon);
    save([filter, mean, variance]);
    return {
      value: whitened as tf.Tensor4D,
      gradient: (dy, saved) => {
        const [filter, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return [standardiseGradient(dy, filter, mean, variance, axes, epsilon).dx];
      },
    };
  });
}
