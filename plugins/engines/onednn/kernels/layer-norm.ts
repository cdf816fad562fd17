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
  const made = [x.shape, rows, rows].map((shape) => backend.output(shape, "float32")) as Outputs;
  const [y, mean, variance] = made.map((info) => backend.values(info)) as ThreeValues;
  const given = [x, scale, offset].map((info) => backend.values(info)) as ThreeValues;
  addon.layerNorm(...given, y, mean, variance, ...rowsOf(x), Number(attrs.epsilon));
  return made;
}

function layerNormGrad(addon: Addon, call: Call): tf.TensorInfo[] {
  const { backend, attrs } = call;
  const [dy, x, scale, mean, variance] = gradientInputs(call);
  const made = [x.shape, scale.shape, scale.shape].map((shape) => backend.output(shape, "float32")) as Outputs;
  const results = made.map((info) => backend.values(info)) as ThreeValues;
  const given = [dy, x, scale].map((info) => backend.values(info)) as ThreeValues;
  addon.layerNormGrad(
    ...given,
    backend.values(mean),
    backend.values(variance),
    ...results,
    ...rowsOf(x),
    Number(attrs.epsilon),
  );
  return made;
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
type Outputs = [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
type ThreeValues = [Float32Array, Float32Array, Float32Array];

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
