/** Bilinear resize, its gradient (which, unlike tfjs', respects `halfPixelCenters`), antialiased resize, and crops. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon, Values } from "../addon.js";
import { type Call, floatKernel, input, isFloat, type NamedKernel } from "../kernel.js";

export function resizeKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("ResizeBilinear", (call) => resize(addon, call), hasSize),
    floatKernel("ResizeBilinearGrad", (call) => resizeGrad(addon, call)),
    floatKernel("FgkdResizeAntialiased", (call) => resample(addon, call)),
    ["CropAndResize", { accepts: isCrop, run: (call) => crop(addon, call) }],
  ];
}

function hasSize({ attrs }: Pick<Call, "attrs">): boolean {
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

/** `rows · images · columnsᵀ`; the gradient is the same with both matrices transposed. */
function resample(addon: Addon, call: Call): tf.TensorInfo {
  const { backend } = call;
  const [images, rows, columns] = [input(call, "images"), input(call, "rows"), input(call, "columns")];
  const [batch = 0, , , channels = 0] = images.shape;
  const [height = 0, width = 0] = [rows.shape[0], columns.shape[0]];
  const y = backend.output([batch, height, width, channels], "float32");
  const values = [images, rows, columns, y].map((info) => backend.values(info)) as Four;
  addon.resample(...values, Int32Array.of(...images.shape, height, width));
  return y;
}

type Four = [Values, Values, Values, Values];

function isCrop({ inputs: { image, boxes, boxInd }, attrs }: Call): boolean {
  const isKnown = attrs.method === "bilinear" || attrs.method === "nearest";
  const areFloat = [image, boxes].every((info) => info !== undefined && isFloat(info));
  return isKnown && areFloat && boxInd?.dtype === "int32" && hasSize({ attrs: { size: attrs.cropSize } });
}

function crop(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const [image, boxes, boxInd] = [input(call, "image"), input(call, "boxes"), input(call, "boxInd")];
  const [height, width] = attrs.cropSize as [number, number];
  const y = backend.output([boxes.shape[0] as number, height, width, image.shape[3] as number], "float32");
  const values = [image, boxes, boxInd, y].map((info) => backend.values(info)) as Four;
  const sizes = Int32Array.of(...image.shape, height, width);
  addon.cropAndResize(...values, sizes, attrs.method === "nearest", Number(attrs.extrapolationValue ?? 0));
  return y;
}
