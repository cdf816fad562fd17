/**
 * The fused kernels that `fgkd/ops` asks an engine for, each in one row: the one place that says what goes in and what
 * comes out. An engine may bring any of them, under these names in tfjs' registry of kernels, and is asked for nothing else
 * that tfjs does not define. Types follow from the rows, and docs/reference/engines.md is compared with them.
 */
import type { KernelRow } from "./kernel-row.js";
import { updateKernels } from "./update-kernels.js";

const epsilon = { type: "number", says: "added to the variance" } as const;
const relu = { type: "boolean", says: "whether max(·, 0) follows" } as const;
const most = { type: "number", says: "with relu, the greatest value; Infinity: none" } as const;
const heads = { type: "number", says: "a divisor of the channels" } as const;
const like = "as x";
const perChannel = "[channels]";

export const fusedKernels = {
  FgkdAddRelu: {
    inputs: { a: "any", b: "as a" },
    attributes: {},
    outputs: { y: "as a" },
    computes: "max(a + b, 0)",
    otherwise: "`Add`, `Relu`",
  },
  FgkdConvAddRelu: {
    inputs: {
      x: "[batch, height, width, in]",
      filter: "[rows, columns, in, out]",
      bias: "[out]",
      residual: "as y",
    },
    attributes: {
      stride: { type: "number", says: "in both directions" },
      padding: { type: "number", says: "zeros on every side" },
    },
    outputs: { y: "[batch, …, …, out]" },
    computes: "max(convolution of x + bias + residual, 0); asked for where no gradient is recorded",
    otherwise: "`FusedConv2D`, `FgkdAddRelu`",
  },
  FgkdReluGrad: {
    inputs: { dy: "as y", y: "any; what the ReLU returned" },
    attributes: {},
    outputs: { dx: "as y" },
    computes: "dy where y > 0, else 0",
    otherwise: "`Step`, `Multiply`",
  },
  FgkdGelu: {
    inputs: { x: "any" },
    attributes: {},
    outputs: { y: like },
    computes: "x · Φ(x), Φ the normal distribution function (exact, not by tanh)",
    otherwise: "`Erf` and arithmetic",
  },
  FgkdGeluGrad: {
    inputs: { dy: like, x: "any" },
    attributes: {},
    outputs: { dx: like },
    computes: "dy · (Φ(x) + x · φ(x)), φ the normal density",
    otherwise: "`Erf`, `Exp` and arithmetic",
  },
  FgkdLogSoftmax: {
    inputs: { logits: "[…, classes]" },
    attributes: {},
    outputs: { y: "as logits" },
    computes: "logits − log Σ exp(logits), over the last axis",
    otherwise: "tfjs' `logSoftmax`",
  },
  FgkdSoftmaxGrad: {
    inputs: { dy: "as y", y: "[…, classes]; the softmax" },
    attributes: {},
    outputs: { dx: "as y" },
    computes: "y · (dy − Σ dy · y), over the last axis",
    otherwise: "`Multiply`, `Sum`, `Sub`",
  },
  FgkdLogSoftmaxGrad: {
    inputs: { dy: "as y", y: "[…, classes]; the logarithm of the softmax" },
    attributes: {},
    outputs: { dx: "as y" },
    computes: "dy − exp(y) · Σ dy, over the last axis",
    otherwise: "`Exp`, `Sum`, `Multiply`, `Sub`",
  },
  FgkdSelfAttention: {
    inputs: { packed: "[batch, tokens, 3 · channels]; queries, keys, values, each head after head" },
    attributes: { heads },
    outputs: { y: "[batch, tokens, channels]" },
    computes: "softmax(Q·Kᵀ / √d) · V in every head, of d channels",
    otherwise: "`Transpose`, `BatchMatMul`, `Softmax`, for some heads at a time",
  },
  FgkdSelfAttentionGrad: {
    inputs: { dy: "[batch, tokens, channels]", packed: "[batch, tokens, 3 · channels]" },
    attributes: { heads },
    outputs: { dPacked: "as packed" },
    computes: "the gradient of `FgkdSelfAttention`'s y",
    otherwise: "the same, `Multiply`, `Sum`, `Sub`",
  },
  FgkdBatchNormInference: {
    inputs: { x: "[…, channels]", mean: perChannel, variance: perChannel, scale: perChannel, offset: perChannel },
    attributes: { epsilon, relu, most },
    outputs: { y: like },
    computes: "scale · (x − mean) / √(variance + epsilon) + offset, perhaps min(max(·, 0), most)",
    otherwise: "`FusedBatchNorm`, `Relu`",
  },
  FgkdBatchNormTraining: {
    inputs: { x: "[…, channels]", scale: perChannel, offset: perChannel },
    attributes: { epsilon, relu, most },
    outputs: { y: like, mean: perChannel, variance: perChannel },
    computes: "the same with mean and biased variance over all axes but the last",
    otherwise: "`Mean`, `Square`, `Sqrt` and arithmetic",
  },
  FgkdBatchNormAddRelu: {
    inputs: { x: "[…, channels]", scale: perChannel, offset: perChannel, residual: like },
    attributes: { epsilon },
    outputs: { y: like, mean: perChannel, variance: perChannel },
    computes: "max(· + residual, 0) of `FgkdBatchNormTraining`'s y; the same mean and variance",
    otherwise: "`FgkdBatchNormTraining`, `FgkdAddRelu`",
  },
  FgkdBatchNormTrainingGrad: {
    inputs: {
      dy: like,
      x: "[…, channels]",
      scale: perChannel,
      offset: perChannel,
      mean: perChannel,
      variance: perChannel,
    },
    attributes: { epsilon, relu, most },
    outputs: { dx: like, dScale: perChannel, dOffset: perChannel },
    computes: "the gradients of `FgkdBatchNormTraining`'s y",
    otherwise: "`Sum`, `Step`, `Sqrt` and arithmetic",
  },
  FgkdLayerNorm: {
    inputs: { x: "[…, channels]", scale: perChannel, offset: perChannel },
    attributes: { epsilon },
    outputs: { y: like, mean: "[…]", variance: "[…]" },
    computes: "scale · (x − mean) / √(variance + epsilon) + offset, mean and biased variance over the last axis",
    otherwise: "`Mean`, `Square`, `Sqrt` and arithmetic",
  },
  FgkdLayerNormGrad: {
    inputs: { dy: like, x: "[…, channels]", scale: perChannel, mean: "[…]", variance: "[…]" },
    attributes: { epsilon },
    outputs: { dx: like, dScale: perChannel, dOffset: perChannel },
    computes: "the gradients of `FgkdLayerNorm`'s y",
    otherwise: "`Mean`, `Sum`, `Sqrt` and arithmetic",
  },
  FgkdGroupNorm: {
    inputs: { x: "[batch, …, channels]", scale: perChannel, offset: perChannel },
    attributes: { groups: { type: "number", says: "of neighbouring channels; divides them" }, epsilon },
    outputs: { y: like, mean: "[batch, groups]", variance: "[batch, groups]" },
    computes: "the same with mean and biased variance over each image's positions and a group's channels",
    otherwise: "`Reshape`, `Mean`, `Square`, `Sqrt` and arithmetic",
  },
  FgkdGroupNormGrad: {
    inputs: {
      dy: like,
      x: "[batch, …, channels]",
      scale: perChannel,
      mean: "[batch, groups]",
      variance: "[batch, groups]",
    },
    attributes: { groups: { type: "number", says: "of neighbouring channels; divides them" }, epsilon },
    outputs: { dx: like, dScale: perChannel, dOffset: perChannel },
    computes: "the gradients of `FgkdGroupNorm`'s y",
    otherwise: "`Reshape`, `Mean`, `Sum`, `Sqrt` and arithmetic",
  },
  FgkdResizeAntialiased: {
    inputs: {
      images: "[batch, fromHeight, fromWidth, channels]",
      rows: "[height, fromHeight]",
      columns: "[width, fromWidth]",
    },
    attributes: {},
    outputs: { y: "[batch, height, width, channels]" },
    computes: "rows · image · columnsᵀ for each image and channel; most weights are 0",
    otherwise: "two `Transpose` and `BatchMatMul`",
  },
  FgkdReplaceBox: {
    inputs: { images: "[batch, height, width, channels]", content: "[batch, rows, columns, channels]; fits in there" },
    attributes: {
      top: { type: "number", says: "first row of the box" },
      left: { type: "number", says: "its first column" },
    },
    outputs: { y: "as images" },
    computes: "images, with content written over the box",
    otherwise: "`Multiply` by 0 and 1, `Concat` of zeros, `Add`",
  },
  ...updateKernels,
} as const satisfies Readonly<Record<string, KernelRow>>;

/** The name of a fused kernel. */
export type FusedKernel = keyof typeof fusedKernels;

type Row<N extends FusedKernel> = (typeof fusedKernels)[N];
type Values = { readonly number: number; readonly boolean: boolean };

/** What a fused kernel is given, by name: tensors for whoever asks, tfjs' `TensorInfo`s in the kernel itself. */
export type KernelInputs<N extends FusedKernel, T> = { readonly [Input in keyof Row<N>["inputs"]]: T };

/** What a fused kernel of lists is given beside them, by name. */
export type KernelBesides<N extends FusedKernel, T> =
  Row<N> extends { readonly besides: infer Besides }
    ? { readonly [Input in keyof Besides]: T }
    : Readonly<Record<string, never>>;

/** A fused kernel of lists. */
export type ListKernel = {
  [N in FusedKernel]: Row<N> extends { readonly isOfLists: true } ? N : never;
}[FusedKernel];

/** The attributes of a fused kernel, by name. */
export type KernelAttributes<N extends FusedKernel> = {
  readonly [A in keyof Row<N>["attributes"]]: Row<N>["attributes"][A] extends { readonly type: infer Type }
    ? Values[Type & keyof Values]
    : never;
};
