/** Depthwise convolutions and both gradients of them. */
import type * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import { type ConvolutionInfo, hasColumnBias, hasItsOutput, infoOf, isChannelsLast } from "./convolution-info.js";
import {
  filterGradientGrid,
  filterGradientParts,
  filterGradientShader,
  inputGradientGrid,
  inputGradientShader,
} from "./depthwise-gradients.js";
import { slidingGrid, slidingOf, slidingShader, turnedOf } from "./depthwise-shaders.js";
import { type Activation, isActivation } from "./products/finish.js";
import { partsGrid, partsShader } from "./products/parts.js";

export const depthwiseKernels = [
  floatKernel("DepthwiseConv2dNative", convolve, isChannelsLast),
  floatKernel("FusedDepthwiseConv2D", convolve, isFusable),
  floatKernel("DepthwiseConv2dNativeBackpropInput", inputGradient, (call) => isGradient(call, ofInput(call))),
  floatKernel("DepthwiseConv2dNativeBackpropFilter", filterGradient, (call) => isGradient(call, ofFilter(call))),
];

function isFusable(call: Call): boolean {
  const [, , inside = 0, multiplier = 0] = input(call, "filter").shape;
  const fits = hasColumnBias(call, inside * multiplier);
  return isChannelsLast(call) && fits && isActivation(call.attrs.activation ?? "linear");
}

/** What tfjs computes of dilated filters' gradients differs between its own backends. */
function isGradient(call: Call, info: ConvolutionInfo): boolean {
  return isChannelsLast(call) && hasItsOutput(call, info) && info.dilationHeight === 1 && info.dilationWidth === 1;
}

function ofInput(call: Call): ConvolutionInfo {
  return infoOf(call, call.attrs.inputShape as number[], input(call, "filter").shape, true);
}

function ofFilter(call: Call): ConvolutionInfo {
  return infoOf(call, input(call, "x").shape, call.attrs.filterShape as number[], true);
}

function convolve(call: Call): tf.TensorInfo {
  const { backend, attrs, inputs } = call;
  const [x, filter, bias] = [input(call, "x"), input(call, "filter"), inputs.bias ?? undefined];
  const sliding = slidingOf(infoOf(call, x.shape, filter.shape, true));
  const { activation = "linear", leakyreluAlpha: alpha = 0 } = attrs as {
    activation?: Activation;
    leakyreluAlpha?: number;
  };
  const y = backend.allocate([sliding.batch, ...sliding.to, sliding.channels]);
  if (y.shape.includes(0)) return y;
  const shader = slidingShader(sliding, { bias: bias !== undefined, activation, alpha });
  const reads = bias ? [x, filter, bias] : [x, filter];
  backend.run({ shader, reads, writes: [y], groups: slidingGrid(sliding) });
  return y;
}

function inputGradient(call: Call): tf.TensorInfo {
  const { backend } = call;
  const info = ofInput(call);
  const dx = backend.allocate(info.inShape);
  const turned = turnedOf(info);
  const shader = turned ? slidingShader(turned, {}) : inputGradientShader(info);
  const groups = turned ? slidingGrid(turned) : inputGradientGrid(info);
  backend.run({ shader, reads: [input(call, "dy"), input(call, "filter")], writes: [dx], groups });
  return dx;
}

function filterGradient(call: Call): tf.TensorInfo {
  const { backend } = call;
  const info = ofFilter(call);
  const { filterHeight, filterWidth, outChannels, filterShape } = info;
  const gradient = backend.allocate(filterShape);
  const { parts } = filterGradientParts(info);
  const partial = backend.allocate([parts, ...filterShape]);
  const reads = [input(call, "x"), input(call, "dy")];
  backend.run({ shader: filterGradientShader(info), reads, writes: [partial], groups: filterGradientGrid(info) });
  const summed = { rows: filterHeight * filterWidth, columns: outChannels, depth: parts, batch: 1 };
  const groups = partsGrid(summed, parts);
  backend.run({ shader: partsShader(summed, parts), reads: [partial], writes: [gradient], groups });
  backend.disposeData(partial.dataId);
  return gradient;
}
