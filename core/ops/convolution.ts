/** Convolution with PyTorch's padding. */
import * as tf from "@tensorflow/tfjs";
import { addRelu } from "./activations.js";
import { hasKernel, isRecording, runKernel, runStock } from "./kernels.js";

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros added on every side, as PyTorch counts them. Default 0. */
  readonly padding?: number;
  /** `[out]`, added to every position. Default: nothing. */
  readonly bias?: tf.Tensor1D | undefined;
  /** Whether a ReLU follows. Default false. */
  readonly relu?: boolean;
  /** Whether a ReLU follows that ends at 6. Default false. */
  readonly relu6?: boolean;
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
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions = {}): tf.Tensor4D {
  const { stride, pad, fused } = described(options);
  if (!fused) return tf.conv2d(x, filter, stride, pad);
  const { bias, activation } = fused;
  const hasGradient = bias && activation === "linear";
  if (bias && (hasGradient || !isRecording()) && fits(x, filter, bias)) {
    const attributes = { strides: stride, pad, dataFormat: "NHWC", dilations: 1, activation };
    return runStock(tf.FusedConv2D, { x, filter, bias }, attributes)[0] as tf.Tensor4D;
  }
  return tf.tidy(() => tf.fused.conv2d({ x, filter, strides: stride, pad, ...fused }));
}

/**
 * Whether the kernel can be run without what tfjs does before it. `tf.fused.conv2d` checks, converts, and makes a gradient of
 * its own each time; between large convolutions, which leave nothing of it in the processor's caches, that shows in inference.
 */
function fits(x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): boolean {
  const areFloats = x.dtype === "float32" && filter.dtype === "float32" && bias.dtype === "float32";
  const [, , inside, outside] = filter.shape;
  return areFloats && x.rank === 4 && x.shape[3] === inside && bias.rank === 1 && bias.size === outside;
}

/** {@link ConvolutionOptions}, for {@link conv2dAddRelu}. */
export interface ResidualConvolutionOptions extends Pick<ConvolutionOptions, "stride" | "padding"> {
  /** `[out]`, added to every position. */
  readonly bias: tf.Tensor1D;
}

/**
 * `max(conv2d(x) + residual, 0)`: the end of a residual block, in one pass on engines that can where no gradient is wanted.
 *
 * @param residual as the result
 * @returns as {@link conv2d}
 */
export function conv2dAddRelu(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  residual: tf.Tensor4D,
  { stride = 1, padding = 0, bias }: ResidualConvolutionOptions,
): tf.Tensor4D {
  if (isRecording() || !hasKernel("FgkdConvAddRelu") || !fits(x, filter, bias))
    return tf.tidy(() => addRelu(conv2d(x, filter, { stride, padding, bias }), residual));
  const inputs = { x, filter, bias, residual };
  return runKernel("FgkdConvAddRelu", inputs, { stride, padding })[0] as tf.Tensor4D;
}

/**
 * Of a convolution and its bias. `tf.fused.conv2d` computes all three at once, also the one with respect to a network's
 * images, which nobody asks for; here each is computed when it is.
 */
tf.registerGradient({
  kernelName: tf.FusedConv2D,
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attributes) => {
    // Only `conv2d` above runs this kernel itself while a gradient is recorded, and never so.
    if (attributes.activation !== "linear")
      throw new Error(`no gradient of a convolution with ${attributes.activation}`);
    return { ...convolutionGradient(dy, saved, attributes), bias: () => tf.sum(dy as tf.Tensor4D, [0, 1, 2]) };
  },
});

function convolutionGradient(...call: Parameters<tf.GradFunc>): ReturnType<tf.GradFunc> {
  return (tf.getGradient(tf.Conv2D) as tf.GradConfig).gradFunc(...call);
}

/**
 * The same with one filter for each channel: nothing is added up over channels. PyTorch's with as many `groups` as channels.
 *
 * @param x `[batch, height, width, channels]`
 * @param filter `[height, width, channels, 1]`
 * @returns `[batch, height, width, channels]`
 */
export function depthwiseConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions = {}): tf.Tensor4D {
  const { stride, pad, fused } = described(options);
  if (!fused) return tf.depthwiseConv2d(x, filter, stride, pad);
  return tf.tidy(() => tf.fused.depthwiseConv2d({ x, filter, strides: stride, pad, ...fused }));
}

/** In the words of tfjs; without `fused` where nothing follows the convolution. */
function described({ stride = 1, padding = 0, bias, relu = false, relu6 = false }: ConvolutionOptions) {
  const pad = padding === 0 ? ("valid" as const) : padding;
  if (!bias && !relu && !relu6) return { stride, pad };
  const activation = relu6 ? ("relu6" as const) : relu ? ("relu" as const) : ("linear" as const);
  return { stride, pad, fused: { ...(bias && { bias }), activation } };
}
