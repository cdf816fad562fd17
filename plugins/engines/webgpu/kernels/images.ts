/** Antialiased resizing, crops, and boxes written into images. */
import * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../backend.js";
import { type Call, floatKernel, type GpuKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { floats, whole } from "./fields.js";
import { eachPlace, elementOf, groupsOf, typesOf, widthOf, workgroup } from "./pointwise.js";

export const imageKernels: readonly GpuKernel[] = [
  floatKernel("FgkdResizeAntialiased", resize),
  floatKernel("FgkdReplaceBox", replaceBox, fits),
  { name: "CropAndResize", accepts: isCrop, run: crop },
];

/** `y[outer, to, inner] = Σ matrix[to, n] · x[outer, n, inner]`: most weights are 0, and nothing is read for these. */
function alongShader(width: 1 | 4): Shader {
  const element = elementOf(width);
  return {
    key: `along-axis/${width}`,
    reads: [{ name: "x", element }, ...floats("matrix")],
    writes: [{ name: "y", element }],
    numbers: whole("size", "inner", "to", "n"),
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: typesOf(width),
      main: eachPlace(`    let c = i % numbers.inner;
    let row = i / numbers.inner % numbers.to;
    let first = i / numbers.inner / numbers.to * numbers.n;
    var sum = V(0.0);
    for (var at = 0u; at < numbers.n; at++) {
      let weight = matrix[row * numbers.n + at];
      if (weight != 0.0) { sum = sum + weight * x[(first + at) * numbers.inner + c]; }
    }
    y[i] = sum;`),
    }),
  };
}

function along(backend: GpuBackend, x: tf.TensorInfo, matrix: tf.TensorInfo, axis: number): tf.TensorInfo {
  const to = matrix.shape[0] as number;
  const shape = x.shape.map((size, at) => (at === axis ? to : size));
  const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  const width = widthOf(inner);
  const size = tf.util.sizeFromShape(shape) / width;
  const y = backend.allocate(shape);
  backend.run({
    shader: alongShader(width),
    reads: [x, matrix],
    writes: [y],
    numbers: { size, inner: inner / width, to, n: x.shape[axis] as number },
    groups: groupsOf(size),
  });
  return y;
}

function resize(call: Call): tf.TensorInfo {
  const byRow = along(call.backend, input(call, "images"), input(call, "rows"), 1);
  const y = along(call.backend, byRow, input(call, "columns"), 2);
  call.backend.disposeData(byRow.dataId);
  return y;
}

function fits(call: Call): boolean {
  const [images, content] = [input(call, "images").shape, input(call, "content").shape];
  const place = [0, Number(call.attrs.top), Number(call.attrs.left), 0];
  return content.every((size, axis) => (place[axis] as number) + size <= (images[axis] as number));
}

const replaceShader: Shader = {
  key: "replace-box",
  reads: floats("images", "content"),
  writes: floats("y"),
  numbers: whole("size", "height", "width", "channels", "top", "left", "rows", "columns"),
  workgroup: [workgroup, 1, 1],
  text: () => ({
    main: eachPlace(`    let c = i % numbers.channels;
    let column = i / numbers.channels % numbers.width;
    let row = i / numbers.channels / numbers.width % numbers.height;
    let image = i / numbers.channels / numbers.width / numbers.height;
    // What lies before the box is, without a sign, far behind it.
    let inRow = row - numbers.top;
    let inColumn = column - numbers.left;
    var value = images[i];
    if (inRow < numbers.rows && inColumn < numbers.columns) {
      value = content[((image * numbers.rows + inRow) * numbers.columns + inColumn) * numbers.channels + c];
    }
    y[i] = value;`),
  }),
};

function replaceBox(call: Call): tf.TensorInfo {
  const [images, content] = [input(call, "images"), input(call, "content")];
  const [, height = 0, width = 0, channels = 0] = images.shape;
  const [, rows = 0, columns = 0] = content.shape;
  const size = tf.util.sizeFromShape(images.shape);
  const y = call.backend.allocate(images.shape);
  const { top, left } = call.attrs as Readonly<Record<"top" | "left", number>>;
  call.backend.run({
    shader: replaceShader,
    reads: [images, content],
    writes: [y],
    numbers: { size, height, width, channels, top, left, rows, columns },
    groups: groupsOf(size),
  });
  return y;
}

function isCrop({ inputs: { image, boxes, boxInd }, attrs }: Call): boolean {
  const isKnown = attrs.method === "bilinear" || attrs.method === "nearest";
  const areFloat = [image, boxes].every((info) => info?.dtype === "float32" && !info.shape.includes(0));
  return isKnown && areFloat && boxInd?.dtype === "int32" && (attrs.cropSize as number[]).every((side) => side > 0);
}

/**
 * As tfjs' own in JavaScript. A crop that ends at an image's last pixel must not miss it by a rounding error: what lies off
 * by less than that counts as on the edge.
 */
const cropShader: Shader = {
  key: "crop-and-resize",
  reads: [...floats("image", "boxes"), { name: "boxImages", element: "i32" }],
  writes: floats("y"),
  numbers: [
    ...whole("size", "images", "height", "width", "channels", "cropHeight", "cropWidth", "nearest"),
    { name: "outside", type: "f32" },
  ],
  workgroup: [workgroup, 1, 1],
  text: () => ({
    declarations: `fn placeOf(begin: f32, end: f32, at: u32, count: u32, last: f32) -> f32 {
  var place = 0.5 * (begin + end) * last;
  if (count > 1u) { place = begin * last + f32(at) * ((end - begin) * last / f32(count - 1u)); }
  let margin = 2e-6 * max(last, 1.0);
  if (place > last && place <= last + margin) { place = last; }
  if (place < 0.0 && place >= -margin) { place = 0.0; }
  return place;
}
fn at2(n: i32, row: f32, column: f32, c: u32) -> f32 {
  return image[((u32(n) * numbers.height + u32(row)) * numbers.width + u32(column)) * numbers.channels + c];
}`,
    main: eachPlace(`    let c = i % numbers.channels;
    let column = i / numbers.channels % numbers.cropWidth;
    let row = i / numbers.channels / numbers.cropWidth % numbers.cropHeight;
    let box = i / numbers.channels / numbers.cropWidth / numbers.cropHeight;
    let n = boxImages[box];
    let lastRow = f32(numbers.height - 1u);
    let lastColumn = f32(numbers.width - 1u);
    let v = placeOf(boxes[4u * box], boxes[4u * box + 2u], row, numbers.cropHeight, lastRow);
    let h = placeOf(boxes[4u * box + 1u], boxes[4u * box + 3u], column, numbers.cropWidth, lastColumn);
    if (n < 0 || u32(n) >= numbers.images) {
      y[i] = 0.0;
    } else if (!(v >= 0.0 && v <= lastRow && h >= 0.0 && h <= lastColumn)) {
      y[i] = numbers.outside;
    } else if (numbers.nearest == 1u) {
      y[i] = at2(n, floor(v + 0.5), floor(h + 0.5), c);
    } else {
      let above = at2(n, floor(v), floor(h), c);
      let top = above + (at2(n, floor(v), ceil(h), c) - above) * (h - floor(h));
      let below = at2(n, ceil(v), floor(h), c);
      let bottom = below + (at2(n, ceil(v), ceil(h), c) - below) * (h - floor(h));
      y[i] = top + (bottom - top) * (v - floor(v));
    }`),
  }),
};

function crop(call: Call): tf.TensorInfo {
  const [image, boxes, boxInd] = [input(call, "image"), input(call, "boxes"), input(call, "boxInd")];
  const [images = 0, height = 0, width = 0, channels = 0] = image.shape;
  const [cropHeight, cropWidth] = call.attrs.cropSize as [number, number];
  const y = call.backend.allocate([boxes.shape[0] as number, cropHeight, cropWidth, channels]);
  const size = tf.util.sizeFromShape(y.shape);
  const nearest = Number(call.attrs.method === "nearest");
  const outside = Number(call.attrs.extrapolationValue ?? 0);
  call.backend.run({
    shader: cropShader,
    reads: [image, boxes, boxInd],
    writes: [y],
    numbers: { size, images, height, width, channels, cropHeight, cropWidth, nearest, outside },
    groups: groupsOf(size),
  });
  return y;
}
