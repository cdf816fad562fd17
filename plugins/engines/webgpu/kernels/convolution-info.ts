/** Sizes and padding of a convolution, as tfjs computes them. */
import * as tf from "@tensorflow/tfjs";
import { type Call, input } from "../kernel.js";

export type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

type Shape4 = [number, number, number, number];

export function infoOf(
  { attrs }: Call,
  xShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): ConvolutionInfo {
  const { strides, dilations, pad, dimRoundingMode } = attrs as {
    strides: number | [number, number];
    dilations?: number | [number, number];
    pad: "same" | "valid" | number;
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  return tf.backend_util.computeConv2DInfo(
    xShape as Shape4,
    filterShape as Shape4,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** A transposed convolution may be asked of images that no convolution of its result has; tfjs' own kernel serves that. */
export function hasItsOutput(call: Call, info: ConvolutionInfo): boolean {
  return tf.util.arraysEqual(info.outShape, input(call, "dy").shape);
}

export function isChannelsLast({ attrs }: Call): boolean {
  return attrs.dataFormat === undefined || attrs.dataFormat === "NHWC";
}

/** Whether the bias, if there is one, is a value for each of the channels. */
export function hasColumnBias({ inputs }: Call, channels: number): boolean {
  const { bias } = inputs;
  return bias == null || tf.util.sizeFromShape(bias.shape) === channels;
}

/** Whether each pixel of the result is computed of the pixel in its own place alone. */
export function isOwnPixels(info: ConvolutionInfo): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth } = info;
  const { top, left } = info.padInfo;
  return (
    [filterHeight, filterWidth, strideHeight, strideWidth].every((side) => side === 1) &&
    top === 0 &&
    left === 0 &&
    inHeight === outHeight &&
    inWidth === outWidth
  );
}
