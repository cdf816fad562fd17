/** Batch normalisation over all axes but the last: in training with its gradient, and with given statistics. */
import * as tf from "@tensorflow/tfjs";
import type { Addon, Stored } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function batchNormKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("FusedBatchNorm", (call) => inference(addon, call), isPerChannel),
    floatKernel("FgkdBatchNormInference", (call) => inference(addon, call), isPerChannel),
    floatKernel("FgkdBatchNormTraining", (call) => training(addon, call)),
    floatKernel("FgkdBatchNormAddRelu", (call) => training(addon, call)),
    floatKernel("FgkdBatchNormTrainingGrad", (call) => trainingGrad(addon, call)),
  ];
}

function rowsOf({ shape }: tf.TensorInfo): [rows: number, channels: number] {
  return [tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1];
}

/** tfjs also allows statistics for each element, or one for all. */
function isPerChannel({ inputs: { x, scale, offset, mean, variance } }: Call): boolean {
  const channels = x?.shape[x.shape.length - 1];
  return [scale, offset, mean, variance].every(
    (info) => info == null || tf.util.sizeFromShape(info.shape) === channels,
  );
}

/** Images in blocks of eight channels have an area, for native code; other tensors are rows, and theirs is 0. */
function areaOf(blocked: boolean, { shape }: tf.TensorInfo): number {
  return blocked ? (shape[1] as number) * (shape[2] as number) : 0;
}

/** For native code: 0 where no ReLU follows, else its greatest value, which may be infinite. */
function mostOf({ attrs: { relu, most = Number.POSITIVE_INFINITY } }: Call): number {
  return relu ? Number(most) : 0;
}

function inference(addon: Addon, call: Call): tf.TensorInfo {
  const { inputs, attrs, backend } = call;
  const [x, mean, variance] = [input(call, "x"), input(call, "mean"), input(call, "variance")];
  const optional = (info: tf.TensorInfo | undefined) => (info == null ? null : backend.values(info));
  const { values, output, result } = backend.asStored([x], [x]);
  addon.batchNormInference(
    ...[values[0] as Stored, optional(inputs.scale), optional(inputs.offset)],
    ...([backend.values(mean), backend.values(variance), result] as const),
    ...rowsOf(x),
    areaOf(backend.isBlocked(output), x),
    Number(attrs.varianceEpsilon ?? attrs.epsilon ?? 0.001),
    mostOf(call),
  );
  return output;
}

/** With a residual, that is added as the result is written, and a ReLU follows. */
function training(addon: Addon, call: Call): tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const [x, scale, offset] = [input(call, "x"), input(call, "scale"), input(call, "offset")];
  const { residual } = inputs;
  const images = residual ? [x, residual] : [x];
  const { values, output, result } = backend.asStored(images, images);
  const most = residual ? Number.POSITIVE_INFINITY : mostOf(call);
  const [rows, channels] = rowsOf(x);
  const [mean, variance] = [backend.output([channels], "float32"), backend.output([channels], "float32")];
  addon.batchNormTraining(
    ...[values[0] as Stored, backend.values(scale), backend.values(offset)],
    ...([result, backend.values(mean), backend.values(variance)] as const),
    ...([rows, channels, areaOf(backend.isBlocked(output), x), Number(attrs.epsilon), most] as const),
    values[1] ?? null,
  );
  return [output, mean, variance];
}

function trainingGrad(addon: Addon, call: Call): tf.TensorInfo[] {
  const { attrs, backend } = call;
  const [x, dy] = [input(call, "x"), input(call, "dy")];
  const { values, output, result } = backend.asStored([dy, x], [x]);
  const [rows, channels] = rowsOf(x);
  const [dScale, dOffset] = [backend.output([channels], "float32"), backend.output([channels], "float32")];
  const given = ["scale", "offset", "mean", "variance"].map((name) => backend.values(input(call, name))) as Four;
  addon.batchNormTrainingGrad(
    ...(values as [Stored, Stored]),
    ...given,
    ...([result, backend.values(dScale), backend.values(dOffset)] as const),
    ...([rows, channels, areaOf(backend.isBlocked(output), x), Number(attrs.epsilon), mostOf(call)] as const),
  );
  return [output, dScale, dOffset];
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];
