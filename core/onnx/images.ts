/** Kernels that look at places of a map beside each other: ONNX has channels first for all of them. */
import type { Attribute, GraphNode } from "../graph/graph.js";
import { activated, inputsOf, type KernelWriter, outputOf } from "./elementwise.js";
import { type Emitter, permuted } from "./emitter.js";

function pair(value: Attribute | undefined, usual = 1): readonly [number, number] {
  if (typeof value === "number") return [value, value];
  if (Array.isArray(value) && value.length === 4) return [value[1] as number, value[2] as number];
  if (Array.isArray(value)) return [value[0] as number, (value[1] ?? value[0]) as number];
  return [usual, usual];
}

/** Where a window moves: `kernel`, `stride` and `dilation` are those of rows and columns. */
interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** `[top, left, bottom, right]`: of what tfjs says, `valid`, `same`, a number, or a list for each side. */
function padding(node: GraphNode, to: Emitter, sides: readonly number[], { kernel, stride, dilation }: Window) {
  const { pad } = node.attributes;
  if (pad === "valid") return [0, 0, 0, 0];
  if (typeof pad === "number") return [pad, pad, pad, pad];
  if (pad === "same") {
    const both = sides.map((side, axis) => {
      const [size, step, apart] = [kernel[axis] ?? 1, stride[axis] ?? 1, dilation[axis] ?? 1];
      const total = Math.max(0, (Math.ceil(side / step) - 1) * step + (size - 1) * apart + 1 - side);
      return [total >> 1, total - (total >> 1)] as const;
    });
    return [0, 1].flatMap((end) => both.map((ends) => ends[end] as number));
  }
  if (Array.isArray(pad) && pad.length === 4) {
    const ends = pad.slice(1, 3) as readonly (readonly number[])[];
    return [0, 1].flatMap((end) => ends.map((each) => each[end] as number));
  }
  throw to.refuse(node.kernel, `has the padding ${JSON.stringify(pad)}`);
}

function windowAttributes(node: GraphNode, to: Emitter, x: string, window: Window) {
  const { dimRoundingMode = null, dataFormat = "NHWC" } = node.attributes;
  if (dimRoundingMode !== null && dimRoundingMode !== "floor")
    throw to.refuse(node.kernel, `rounds the sides of its map by "${String(dimRoundingMode)}"`);
  if (dataFormat !== "NHWC") throw to.refuse(node.kernel, `has the layout ${String(dataFormat)}`);
  const sides = to.shapeOf(x).slice(1, 3) as readonly number[];
  return {
    kernel_shape: window.kernel.map(BigInt),
    strides: window.stride.map(BigInt),
    pads: padding(node, to, sides, window).map(BigInt),
  };
}

/** @param isDepthwise whether each channel has filters of its own: `[height, width, channels, multiplier]` */
function convolution(isDepthwise: boolean): KernelWriter {
  return (node, to) => {
    const { x, filter, bias, preluActivationWeights } = node.inputs as Record<string, string>;
    const weights = to.constantOf(filter as string);
    if (!weights || !(weights.data instanceof Float32Array))
      throw to.refuse(node.kernel, "has a filter that depends on the images");
    if (preluActivationWeights !== undefined) throw to.refuse(node.kernel, "has an activation with weights");
    const [height, width, channels, last] = weights.shape as [number, number, number, number];
    const turned = permuted({ shape: weights.shape, data: weights.data }, isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
    const shape = isDepthwise ? [channels * last, 1, height, width] : turned.shape;
    const window: Window = {
      kernel: [height, width],
      stride: pair(node.attributes.strides),
      dilation: pair(node.attributes.dilations),
    };
    const inputs = [to.get(x as string, "first"), to.floats(`${filter}.first`, { shape, data: turned.data })];
    const result = to.node("Conv", bias === undefined ? inputs : [...inputs, to.get(bias, "last")], {
      ...windowAttributes(node, to, x as string, window),
      dilations: window.dilation.map(BigInt),
      group: isDepthwise ? BigInt(channels) : 1n,
    });
    to.set(outputOf(node), activated(node, to, result), "first");
  };
}

function pool(operator: "MaxPool" | "AveragePool"): KernelWriter {
  return (node, to) => {
    const { x } = inputsOf(node, "x");
    const window: Window = {
      kernel: pair(node.attributes.filterSize),
      stride: pair(node.attributes.strides),
      dilation: [1, 1],
    };
    const result = to.node(operator, [to.get(x, "first")], windowAttributes(node, to, x, window));
    to.set(outputOf(node), result, "first");
  };
}

const batchNorm: KernelWriter = (node, to) => {
  const { x, scale, offset, mean, variance } = node.inputs as Record<string, string>;
  const channels = to.shapeOf(x as string).at(-1) as number;
  const filled = (value: string | undefined, usual: number) =>
    value === undefined
      ? to.floats(`all_${usual}_${channels}`, { shape: [channels], data: new Float32Array(channels).fill(usual) })
      : to.get(value, "last");
  const isImage = to.shapeOf(x as string).length === 4;
  const parts = [filled(scale, 1), filled(offset, 0), filled(mean, 0), filled(variance, 1)];
  const epsilon = Number(node.attributes.varianceEpsilon ?? 0.001);
  const layout = isImage ? ("first" as const) : ("last" as const);
  const result = to.node("BatchNormalization", [to.get(x as string, layout), ...parts], { epsilon });
  to.set(outputOf(node), result, layout);
};

const resizeBilinear: KernelWriter = (node, to) => {
  const { images } = inputsOf(node, "images");
  const { alignCorners = false, halfPixelCenters = false, size } = node.attributes;
  const sides = pair(size);
  // The number of images is not known: scales stand in for sizes.
  const scales = sides.map((side, axis) => side / (to.shapeOf(images)[axis + 1] as number));
  const name = to.floats(`scales_${scales}`, { shape: [4], data: Float32Array.of(1, 1, ...scales) });
  const result = to.node("Resize", [to.get(images, "first"), "", name], {
    mode: "linear",
    coordinate_transformation_mode: alignCorners ? "align_corners" : halfPixelCenters ? "half_pixel" : "asymmetric",
  });
  to.set(outputOf(node), result, "first");
};

export const images: Readonly<Record<string, KernelWriter>> = {
  Conv2D: convolution(false),
  FusedConv2D: convolution(false),
  DepthwiseConv2dNative: convolution(true),
  FusedDepthwiseConv2D: convolution(true),
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AveragePool"),
  FusedBatchNorm: batchNorm,
  ResizeBilinear: resizeBilinear,
};
