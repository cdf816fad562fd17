/** Convolutions as products of patches and filters, and both gradients of them. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import { type ConvolutionInfo, hasColumnBias, hasItsOutput, infoOf, isChannelsLast } from "./convolution-info.js";
import { filterGradientProduct, forwardProduct, inputGradientProduct } from "./convolution-products.js";
import { type Activation, isActivation } from "./products/finish.js";
import { runProduct } from "./products/run.js";

export const convolutionKernels = [
  floatKernel("Conv2D", convolve, isChannelsLast),
  floatKernel("FusedConv2D", convolve, isFusable),
  floatKernel("Conv2DBackpropInput", inputGradient, (call) => isGradient(call, ofInput(call))),
  floatKernel("Conv2DBackpropFilter", filterGradient, (call) => isGradient(call, ofFilter(call))),
];

function isGradient(call: Call, info: ConvolutionInfo): boolean {
  return isChannelsLast(call) && hasItsOutput(call, info);
}

function ofInput(call: Call): ConvolutionInfo {
  return infoOf(call, call.attrs.inputShape as number[], input(call, "filter").shape);
}

function ofFilter(call: Call): ConvolutionInfo {
  return infoOf(call, input(call, "x").shape, call.attrs.filterShape as number[]);
}

function isFusable(call: Call): boolean {
  const channels = input(call, "filter").shape[3] as number;
  return isChannelsLast(call) && hasColumnBias(call, channels) && isActivation(call.attrs.activation ?? "linear");
}

/** Of everything that a convolution's products depend on. */
function keyOf(info: ConvolutionInfo): string {
  const { inShape, outShape, filterShape, padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  return [
    ...[...inShape, ...outShape, ...filterShape, padInfo.top, padInfo.left],
    ...[strideHeight, strideWidth, dilationHeight, dilationWidth],
  ].join(" ");
}

function convolve(call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const [x, filter, bias] = [input(call, "x"), input(call, "filter"), call.inputs.bias ?? undefined];
  const info = infoOf(call, x.shape, filter.shape);
  const { activation = "linear", leakyreluAlpha: alpha = 0 } = attrs as {
    activation?: Activation;
    leakyreluAlpha?: number;
  };
  const y = backend.allocate(info.outShape);
  if (tf.util.sizeFromShape(info.outShape) === 0) return y;
  const finish = { bias: bias !== undefined, activation, alpha };
  const key = `conv ${keyOf(info)} ${finish.bias} ${activation} ${alpha}`;
  runProduct(backend, key, () => ({ ...forwardProduct(info), finish }), { a: x, b: filter, bias, y });
  return y;
}

function inputGradient(call: Call): tf.TensorInfo {
  const [dy, filter] = [input(call, "dy"), input(call, "filter")];
  const info = ofInput(call);
  const dx = call.backend.allocate(info.inShape);
  const key = `conv input ${keyOf(info)}`;
  runProduct(call.backend, key, () => inputGradientProduct(info), { a: dy, b: filter, y: dx });
  return dx;
}

function filterGradient(call: Call): tf.TensorInfo {
  const [x, dy] = [input(call, "x"), input(call, "dy")];
  const info = ofFilter(call);
  const gradient = call.backend.allocate(info.filterShape);
  const key = `conv filter ${keyOf(info)}`;
  runProduct(call.backend, key, () => filterGradientProduct(info), { a: x, b: dy, y: gradient });
  return gradient;
}
