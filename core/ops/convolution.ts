/** Convolution with PyTorch's padding. */
import * as tf from "@tensorflow/tfjs";

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros added on every side, as PyTorch counts them. Default 0. */
  readonly padding?: number;
  /** `[out]`, added to every position. Default: nothing. */
  readonly bias?: tf.Tensor1D | undefined;
  /** Whether a ReLU follows. Default false. */
  readonly relu?: boolean;
}

/**
 * Two-dimensional convolution (cross-correlation) with the same number of zeros on every side, perhaps a bias and a ReLU,
 * in one pass where no gradient is wanted. Output sides are `⌊(side + 2·padding − kernel) / stride⌋ + 1`, as PyTorch's.
 * Differentiable in all tensors on every engine.
 *
 * @param x `[batch, height, width, in]`
 * @param filter `[height, width, in, out]`
 * @returns `[batch, height, width, out]`
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = 0, bias, relu = false }: ConvolutionOptions = {},
): tf.Tensor4D {
  const pad = padding === 0 ? "valid" : padding;
  if (!bias && !relu) return tf.conv2d(x, filter, stride, pad);
  const activation = relu ? "relu" : "linear";
  return tf.tidy(() => tf.fused.conv2d({ x, filter, strides: stride, pad, ...(bias && { bias }), activation }));
}
