/** Maximum and average pooling, and their gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function poolingKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("MaxPool", (call) => pool(addon, call, true)),
    floatKernel("AvgPool", (call) => pool(addon, call, false)),
    floatKernel("MaxPoolGrad", (call) => maxPoolGrad(addon, call)),
    floatKernel("AvgPoolGrad", (call) => avgPoolGrad(addon, call)),
  ];
}

function infoOf({ attrs }: Call, x: tf.TensorInfo): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as {
    filterSize: number | [number, number];
    strides: number | [number, number];
    pad: "same" | "valid" | number;
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  const shape = x.shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

/** In the order of `PoolShape` in native/loops.h. Images in blocks of eight channels are more images of eight. */
function fieldsOf(info: tf.backend_util.Conv2DInfo, blocked: boolean): Int32Array {
  const { batchSize, inChannels } = info;
  return Int32Array.of(
    ...[blocked ? (batchSize * inChannels) / 8 : batchSize, info.inHeight, info.inWidth, blocked ? 8 : inChannels],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left, info.outHeight, info.outWidth],
  );
}

/** How a kernel reads its images, and makes more of them: as the first are, blocks only if the others can be in blocks. */
function inOneOrder({ backend }: Call, images: readonly tf.TensorInfo[]) {
  const blocked = backend.isBlocked(images[0] as tf.TensorInfo) && images.every((info) => backend.canBlock(info));
  return {
    blocked,
    values: (info: tf.TensorInfo) => (blocked ? backend.blocked(info) : backend.stored(info)),
    output: (shape: number[]) => {
      if (blocked) return backend.blockedOutput(shape);
      return backend.isBf16(images[0] as tf.TensorInfo) ? backend.bf16Output(shape) : backend.output(shape, "float32");
    },
  };
}

/** tfjs takes windows of one pixel for no pooling at all, whatever the stride, if the shape stays. */
function isIdentity({ filterHeight, filterWidth, inShape, outShape }: tf.backend_util.Conv2DInfo): boolean {
  return filterHeight === 1 && filterWidth === 1 && tf.util.arraysEqual(inShape, outShape);
}

function pool(addon: Addon, call: Call, max: boolean): tf.TensorInfo {
  const x = input(call, "x");
  const info = infoOf(call, x);
  if (isIdentity(info)) {
    call.backend.incRef(x.dataId);
    return { ...x };
  }
  const { blocked, values, output } = inOneOrder(call, [x]);
  const y = output(info.outShape);
  addon.pool(max, values(x), values(y), fieldsOf(info, blocked));
  return y;
}

function maxPoolGrad(addon: Addon, call: Call): tf.TensorInfo {
  const [dy, x, y] = [input(call, "dy"), input(call, "input"), input(call, "output")];
  const { blocked, values, output } = inOneOrder(call, [x, y, dy]);
  const dx = output(x.shape);
  addon.maxPoolGrad(values(dy), values(x), values(y), values(dx), fieldsOf(infoOf(call, x), blocked));
  return dx;
}

function avgPoolGrad(addon: Addon, call: Call): tf.TensorInfo {
  const [dy, x] = [input(call, "dy"), input(call, "input")];
  const { backend } = call;
  const blocked = backend.isBlocked(dy) && backend.canBlock(dy);
  const order = (info: tf.TensorInfo) => (blocked ? backend.blocked(info) : backend.values(info));
  const dx = blocked ? backend.blockedOutput(x.shape) : backend.output(x.shape, "float32");
  addon.avgPoolGrad(order(dy), order(dx), fieldsOf(infoOf(call, x), blocked));
  return dx;
}
