/** Convolutions, plain and depthwise, and their gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import type { OnednnBackend } from "../backend.js";
import { ConvPlans } from "../conv-plans.js";
import type { ConvKind, ConvSizes } from "../conv-sizes.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";
import type { CompleteOptions } from "../options.js";
import { activate, isActivation } from "./activation.js";

export function convolutionKernels(addon: Addon, options: CompleteOptions): NamedKernel[] {
  const plans = new ConvPlans(addon, options);
  const forward = (depthwise: boolean) => (call: Call) => runForward(plans, call, depthwise);
  const inputGradient = (depthwise: boolean) => (call: Call) => runInputGradient(plans, call, depthwise);
  const filterGradient = (depthwise: boolean) => (call: Call) => runFilterGradient(plans, call, depthwise);
  const fused = (depthwise: boolean) => (call: Call) => runFused(addon, plans, call, depthwise);
  return [
    floatKernel("Conv2D", forward(false), isChannelsLast),
    floatKernel("Conv2DBackpropInput", inputGradient(false), hasItsOutput(false)),
    floatKernel("Conv2DBackpropFilter", filterGradient(false), isChannelsLast),
    floatKernel("FusedConv2D", fused(false), isFusable(false)),
    // In bf16 the two kernels that it stands for round in between.
    ...(options.precision === "f32" ? [floatKernel("FgkdConvAddRelu", (call) => runConvAddRelu(plans, call))] : []),
    floatKernel("DepthwiseConv2dNative", forward(true), isChannelsLast),
    floatKernel("DepthwiseConv2dNativeBackpropInput", inputGradient(true), hasItsOutput(true)),
    floatKernel("DepthwiseConv2dNativeBackpropFilter", filterGradient(true), isChannelsLast),
    floatKernel("FusedDepthwiseConv2D", fused(true), isFusable(true)),
  ];
}

function isChannelsLast({ attrs }: Call): boolean {
  return attrs.dataFormat === undefined || attrs.dataFormat === "NHWC";
}

/** A transposed convolution may be asked of an output that no convolution of its result has; tfjs computes that too. */
function hasItsOutput(depthwise: boolean): (call: Call) => boolean {
  return (call) => {
    if (!isChannelsLast(call)) return false;
    const shape = call.attrs.inputShape as number[];
    const { info } = sizesOf(call, shape, input(call, "filter").shape, depthwise, "inputGradient");
    return tf.util.arraysEqual(info.outShape, input(call, "dy").shape);
  };
}

/** Whether native code has the activation, and the bias is one value per channel. */
function isFusable(depthwise: boolean): (call: Call) => boolean {
  return (call) => {
    const { bias } = call.inputs;
    const [, , inside = 0, outside = 0] = input(call, "filter").shape;
    const channels = depthwise ? inside * outside : outside;
    const biasFits = bias == null || tf.util.sizeFromShape(bias.shape) === channels;
    return isChannelsLast(call) && biasFits && isActivation(call.attrs.activation);
  };
}

/** Sizes and padding as tfjs computes them, in the form that native code reads. */
function sizesOf(call: Call, xShape: number[], filterShape: number[], depthwise: boolean, kind: ConvKind): ConvSizes {
  const {
    strides,
    dilations = 1,
    pad,
    dimRoundingMode,
  } = call.attrs as {
    strides: number | [number, number];
    dilations?: number | [number, number];
    pad: "same" | "valid" | number;
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  const info = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return { info, kind, groups: depthwise ? info.inChannels : 1, bias: false, activation: "linear" };
}

/**
 * Whether a convolution should work on blocks of eight channels, on both sides: with three channels in, as in images,
 * oneDNN has a way from plain to blocked ones. Depthwise ones mostly stand between layers that want plain images.
 */
function wantsBlocks({ backend }: Call, { info, groups }: ConvSizes): boolean {
  const { inChannels, outChannels } = info;
  return backend.usesBlocks && groups === 1 && outChannels % 8 === 0 && (inChannels % 8 === 0 || inChannels <= 3);
}

/** Images for a convolution in blocks, if their channels allow it; else they stay as they are. */
function toBlocks(backend: OnednnBackend, wanted: boolean, info: tf.TensorInfo): void {
  if (wanted && backend.canBlock(info)) backend.blocked(info);
}

function newImages(backend: OnednnBackend, wanted: boolean, shape: readonly number[]): tf.TensorInfo {
  if (backend.usesBf16) return backend.bf16Output(shape);
  return wanted && (shape[3] as number) % 8 === 0 ? backend.blockedOutput(shape) : backend.output(shape, "float32");
}

/** The result of a forward convolution, and its images brought into the same order. */
function prepare(call: Call, sizes: ConvSizes, x: tf.TensorInfo): tf.TensorInfo {
  const blocks = wantsBlocks(call, sizes);
  toBlocks(call.backend, blocks, x);
  return newImages(call.backend, blocks, sizes.info.outShape);
}

function runForward(plans: ConvPlans, call: Call, depthwise: boolean): tf.TensorInfo {
  const [x, filter] = [input(call, "x"), input(call, "filter")];
  const sizes = sizesOf(call, x.shape, filter.shape, depthwise, "forward");
  const y = prepare(call, sizes, x);
  plans.run(call.backend, sizes, { images: x, filter, results: y });
  return y;
}

function runInputGradient(plans: ConvPlans, call: Call, depthwise: boolean): tf.TensorInfo {
  const [dy, filter] = [input(call, "dy"), input(call, "filter")];
  const sizes = sizesOf(call, call.attrs.inputShape as number[], filter.shape, depthwise, "inputGradient");
  const blocks = wantsBlocks(call, sizes);
  toBlocks(call.backend, blocks, dy);
  const dx = newImages(call.backend, blocks, sizes.info.inShape);
  plans.run(call.backend, sizes, { images: dx, filter, results: dy });
  return dx;
}

function runFilterGradient(plans: ConvPlans, call: Call, depthwise: boolean): tf.TensorInfo {
  const [x, dy] = [input(call, "x"), input(call, "dy")];
  const sizes = sizesOf(call, x.shape, call.attrs.filterShape as number[], depthwise, "filterGradient");
  const blocks = wantsBlocks(call, sizes);
  toBlocks(call.backend, blocks, x);
  toBlocks(call.backend, blocks, dy);
  const gradient = call.backend.output(sizes.info.filterShape, "float32");
  plans.run(call.backend, sizes, { images: x, filter: gradient, results: dy });
  return gradient;
}

/** Convolution, bias, a residual and ReLU: the end of a residual block. */
function runConvAddRelu(plans: ConvPlans, call: Call): tf.TensorInfo {
  const { backend, inputs, attrs } = call;
  const [x, filter, bias, residual] = ["x", "filter", "bias", "residual"].map((name) => input(call, name)) as Four;
  const described = { inputs, backend, attrs: { strides: attrs.stride, pad: attrs.padding } };
  const sizes: ConvSizes = { ...sizesOf(described, x.shape, filter.shape, false, "forward"), bias: true };
  const blocks = wantsBlocks(call, sizes) && backend.canBlock(residual);
  toBlocks(backend, blocks, x);
  const y = newImages(backend, blocks, sizes.info.outShape);
  const added = backend.isBlocked(y) ? backend.blocked(residual) : backend.values(residual);
  plans.run(backend, sizes, { images: x, filter, results: y, bias, residual: added });
  return y;
}

type Four = [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];

/** Convolution, bias and activation; activations that oneDNN does not fuse run on the result. */
function runFused(addon: Addon, plans: ConvPlans, call: Call, depthwise: boolean): tf.TensorInfo {
  const [x, filter, bias] = [input(call, "x"), input(call, "filter"), call.inputs.bias ?? undefined];
  const activation = (call.attrs.activation ?? "linear") as string;
  const inside = activation === "relu" || activation === "relu6" ? activation : "linear";
  const plain = sizesOf(call, x.shape, filter.shape, depthwise, "forward");
  const sizes: ConvSizes = { ...plain, bias: bias !== undefined, activation: inside };
  const y = prepare(call, sizes, x);
  plans.run(call.backend, sizes, { images: x, filter, results: y, bias });
  return inside === activation ? y : activate(addon, call, y, activation);
}
