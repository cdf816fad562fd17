/** Layer normalisation over the last axis and group normalisation of images, with their gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function layerNormKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("FgkdLayerNorm", (call) => layerNorm(addon, call)),
    floatKernel("FgkdLayerNormGrad", (call) => layerNormGrad(addon, call)),
    floatKernel("FgkdGroupNorm", (call) => groupNorm(addon, call)),
    floatKernel("FgkdGroupNormGrad", (call) => groupNormGrad(addon, call)),
  ];
}

function layerNorm(addon: Addon, { inputs, attrs, backend }: Call): tf.TensorInfo[] {
  const { x, scale, offset } = inputs as Three;
  const rows = x.shape.slice(0, -1);
  // Tokens and pixels are multiplied next, which rounds them; a vector of an image may be a classifier's.
  const isKept = backend.usesBf16 && x.shape.length > 2;
  const y = isKept ? backend.bf16Output(x.shape) : backend.output(x.shape, "float32");
  const [mean, variance] = [backend.output(rows, "float32"), backend.output(rows, "float32")];
  addon.layerNorm(
    ...([backend.stored(x), backend.values(scale), backend.values(offset), backend.stored(y)] as const),
    ...([backend.values(mean), backend.values(variance)] as const),
    ...rowsOf(x),
    Number(attrs.epsilon),
  );
  return [y, mean, variance];
}

function layerNormGrad(addon: Addon, call: Call): tf.TensorInfo[] {
  const { backend, attrs } = call;
  const [dy, x, scale, mean, variance] = gradientInputs(call);
  const dx = backend.isBf16(x) ? backend.bf16Output(x.shape) : backend.output(x.shape, "float32");
  const [dScale, dOffset] = [backend.output(scale.shape, "float32"), backend.output(scale.shape, "float32")];
  addon.layerNormGrad(
    ...([backend.stored(dy), backend.stored(x), backend.values(scale)] as const),
    ...([backend.values(mean), backend.values(variance)] as const),
    ...([backend.stored(dx), backend.values(dScale), backend.values(dOffset)] as const),
    ...rowsOf(x),
    Number(attrs.epsilon),
  );
  return [dx, dScale, dOffset];
}

function groupNorm(addon: Addon, { inputs, attrs, backend }: Call): tf.TensorInfo[] {
  const { x, scale, offset } = inputs as Three;
  const { values, output, result } = backend.aligned([x]);
  const groups = Number(attrs.groups);
  const statistics = [0, 1].map(() => backend.output([x.shape[0] as number, groups], "float32"));
  const [mean, variance] = statistics as [tf.TensorInfo, tf.TensorInfo];
  addon.groupNorm(
    ...[values[0] as Float32Array, backend.values(scale), backend.values(offset), result],
    ...([backend.values(mean), backend.values(variance)] as const),
    ...imagesOf(x),
    groups,
    ...([backend.isBlocked(output), Number(attrs.epsilon)] as const),
  );
  return [output, mean, variance];
}

function groupNormGrad(addon: Addon, call: Call): tf.TensorInfo[] {
  const { backend, attrs } = call;
  const [dy, x, scale, mean, variance] = gradientInputs(call);
  const { values, output, result } = backend.aligned([dy, x]);
  const [dScale, dOffset] = [backend.output(scale.shape, "float32"), backend.output(scale.shape, "float32")];
  addon.groupNormGrad(
    ...(values as [Float32Array, Float32Array]),
    ...([backend.values(scale), backend.values(mean), backend.values(variance)] as const),
    ...([result, backend.values(dScale), backend.values(dOffset)] as const),
    ...imagesOf(x),
    Number(attrs.groups),
    ...([backend.isBlocked(output), Number(attrs.epsilon)] as const),
  );
  return [output, dScale, dOffset];
}

type Three = Readonly<Record<"x" | "scale" | "offset", tf.TensorInfo>>;

function gradientInputs(call: Call) {
  return ["dy", "x", "scale", "mean", "variance"].map((name) => input(call, name)) as [
    ...[dy: tf.TensorInfo, x: tf.TensorInfo, scale: tf.TensorInfo],
    ...[mean: tf.TensorInfo, variance: tf.TensorInfo],
  ];
}

function rowsOf({ shape }: tf.TensorInfo): [rows: number, channels: number] {
  return [tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1];
}

function imagesOf({ shape }: tf.TensorInfo): [images: number, area: number, channels: number] {
  return [shape[0] ?? 1, tf.util.sizeFromShape(shape.slice(1, -1)), shape[shape.length - 1] ?? 1];
}
