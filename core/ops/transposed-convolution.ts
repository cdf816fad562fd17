/** Transposed convolution with PyTorch's padding. */
import * as tf from "@tensorflow/tfjs";

export interface TransposedConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Rows and columns taken off every side of the whole result, as PyTorch counts them. Default 0. */
  readonly padding?: number;
  /** Rows and columns given back at the bottom and at the right; less than `stride`. Default 0. */
  readonly outputPadding?: number;
}

/**
 * Transposed convolution: the gradient of {@link conv2d} with respect to its input, as an operation of its own. Output
 * sides are `(side − 1)·stride − 2·padding + kernel + outputPadding`, as PyTorch's. Kernel 3, stride 2, padding 1 and
 * output padding 1 double the sides. Differentiable in both tensors on every engine.
 *
 * @param x `[batch, height, width, in]`
 * @param filter `[height, width, out, in]`
 * @returns `[batch, height, width, out]`
 */
export function conv2dTranspose(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = 0, outputPadding = 0 }: TransposedConvolutionOptions = {},
): tf.Tensor4D {
  const [batch, height, width] = x.shape;
  const [kernelHeight, kernelWidth, channels] = filter.shape;
  const whole = (side: number, kernel: number) => (side - 1) * stride + kernel;
  const cut = (side: number, kernel: number) => whole(side, kernel) - 2 * padding + outputPadding;
  const [toHeight, toWidth] = [cut(height, kernelHeight), cut(width, kernelWidth)];
  if (padding === 0 && outputPadding === 0)
    return tf.conv2dTranspose(x, filter, [batch, toHeight, toWidth, channels], stride, "valid");
  return tf.conv2dTranspose(x, filter, [batch, toHeight, toWidth, channels], stride, padding, "floor");
}
