/** Bilinear resize and its gradient. Unlike tfjs' own, the gradient respects `halfPixelCenters`. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function resizeKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("ResizeBilinear", (call) => resize(addon, call), hasSize),
    floatKernel("ResizeBilinearGrad", (call) => resizeGrad(addon, call)),
  ];
}

function hasSize({ attrs }: Call): boolean {
  return (attrs.size as number[]).every((side) => side > 0);
}

/** In the order of `ResizeShape` in native/loops.h. */
function fieldsOf({ attrs }: Call, images: tf.TensorInfo, height: number, width: number): Int32Array {
  return Int32Array.of(
    ...images.shape,
    height,
    width,
    Number(attrs.alignCorners ?? 0),
    Number(attrs.halfPixelCenters ?? 0),
  );
}

function resize(addon: Addon, call: Call): tf.TensorInfo {
  const images = input(call, "images");
  const [height, width] = call.attrs.size as [number, number];
  const [batch = 0, , , channels = 0] = images.shape;
  const y = call.backend.output([batch, height, width, channels], "float32");
  addon.resizeBilinear(call.backend.values(images), call.backend.values(y), fieldsOf(call, images, height, width));
  return y;
}

function resizeGrad(addon: Addon, call: Call): tf.TensorInfo {
  const [images, dy] = [input(call, "images"), input(call, "dy")];
  const [, height = 0, width = 0] = dy.shape;
  const dx = call.backend.output(images.shape, "float32");
  addon.resizeBilinearGrad(call.backend.values(dy), call.backend.values(dx), fieldsOf(call, images, height, width));
  return dx;
}
