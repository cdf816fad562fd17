/** Convolutions, alone or with the batch norm after it: two operations in training, one in evaluation. */
import type * as tf from "@tensorflow/tfjs";
import type { Initializer, Mode } from "../../core/index.js";
import { addRelu, conv2d, conv2dAddRelu, depthwiseConv2d, isRecording, silu } from "../../core/ops/index.js";
import { batchNorm } from "./batch-norm.js";
import { type Construction, type Layer, tidied } from "./construction.js";
import { constant, kaimingNormal } from "./initializers.js";

export interface ConvolutionShape {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel. */
  readonly size: number;
  readonly stride: number;
  /** Default: half the kernel, so that stride 1 keeps the sides. */
  readonly padding?: number;
  /** Default: kaiming normal. */
  readonly start?: Initializer;
  /** Whether each channel has a filter of its own; then `to` is `from`. Default false. */
  readonly depthwise?: boolean;
}

/** The weights of a convolution, `<name>.weight`, as `[size, size, from, to]`; a depthwise one's as `[size, size, from, 1]`. */
export function filter(at: Construction, name: string, shape: ConvolutionShape): tf.Tensor4D {
  const { from, to, size, start = kaimingNormal(at.random), depthwise } = shape;
  const layout = depthwise ? "depthwise" : "convolution";
  // Declared with four sides, so it has rank 4.
  return at.parameters.weight(`${name}.weight`, [size, size, from, depthwise ? 1 : to], layout, start) as tf.Tensor4D;
}

/** What the two layers are called. */
export interface ConvolutionNames {
  readonly convolution: string;
  readonly norm: string;
}

export interface NormalisedShape extends ConvolutionShape {
  /** Whether a ReLU follows. Default false. */
  readonly relu?: boolean;
  /** What follows in place of a ReLU. Default: nothing. */
  readonly activation?: "relu6" | "silu" | undefined;
  /** Whether the convolution has a bias. Default false. */
  readonly bias?: boolean;
  /** What the batch norm's weight starts from. Default 1. */
  readonly scale?: number;
  /** What a residual branch passes before the residual is added. Default: nothing. */
  readonly drop?: Layer;
}

/** As a {@link Layer}; a `residual` is added before the ReLU, which then always follows. */
export type NormalisedConvolution = (x: tf.Tensor4D, mode: Mode, residual?: tf.Tensor4D) => tf.Tensor4D;

/**
 * A convolution, `<convolution>.weight` (and `.bias`), its batch norm, `<norm>.weight` and so on, and perhaps a ReLU.
 *
 * In evaluation the batch norm is an affine map of each channel. Where no gradient is recorded it is folded into the
 * convolution: once, until a weight or an average changes.
 */
export function normalisedConvolution(
  at: Construction,
  names: ConvolutionNames,
  shape: NormalisedShape,
): NormalisedConvolution {
  const { to, size, stride, relu = false, activation, padding = size >> 1, depthwise, drop } = shape;
  const convolve = depthwise ? depthwiseConv2d : conv2d;
  const weights = filter(at, names.convolution, shape);
  const inputBias = shape.bias ? bias(at, names.convolution, to) : undefined;
  const norm = batchNorm(at, names.norm, to, {
    relu: relu || activation === "relu6",
    ...(activation === "relu6" && { most: 6 }),
    ...(shape.scale !== undefined && { scale: shape.scale }),
    ...(inputBias && { inputBias }),
  });
  const folded = at.parameters.derive([weights, ...norm.variables], () => {
    const { factor, term } = norm.folded();
    return [weights.mul(depthwise ? factor.expandDims(1) : factor), term];
  });
  const apart: NormalisedConvolution = (x, mode, residual) => {
    const y = convolve(x, weights, { stride, padding });
    if (residual && drop) return addRelu(drop(norm.apply(y, mode), mode), residual);
    const normalised = norm.apply(y, mode, residual);
    return !residual && activation === "silu" ? silu(normalised) : normalised;
  };
  const follows = { relu, relu6: activation === "relu6" };
  return (x, mode, residual) => {
    if (mode !== "eval" || at.normInputs || isRecording()) return tidied(at, () => apart(x, mode, residual));
    const [foldedWeights, bias] = folded() as [tf.Tensor4D, tf.Tensor1D];
    const options = { stride, padding, bias };
    // A single operation leaves nothing to tidy.
    if (residual && !depthwise) return conv2dAddRelu(x, foldedWeights, residual, options);
    if (!residual && activation !== "silu") return convolve(x, foldedWeights, { ...options, ...follows });
    return tidied(at, () => {
      const y = convolve(x, foldedWeights, options);
      return residual ? addRelu(y, residual) : silu(y);
    });
  };
}

/** A convolution with bias and ReLU, and no batch norm. */
export function convolution(at: Construction, name: string, shape: ConvolutionShape): Layer {
  const { to, size, stride, padding = size >> 1 } = shape;
  const weights = filter(at, name, shape);
  const added = bias(at, name, to);
  return (x) => conv2d(x, weights, { stride, padding, bias: added, relu: true });
}

function bias(at: Construction, name: string, channels: number): tf.Tensor1D {
  // Declared with one side.
  return at.parameters.weight(`${name}.bias`, [channels], "plain", constant(0)) as tf.Tensor1D;
}
