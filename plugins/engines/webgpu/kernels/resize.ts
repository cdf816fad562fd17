/** Resizing between pixels and to the nearest one, and the gradients, in which each pixel gathers what was made of it. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, type GpuKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { whole } from "./fields.js";
import { eachPlace, elementOf, groupsOf, typesOf, widthOf, workgroup } from "./pointwise.js";

export const resizeKernels: readonly GpuKernel[] = [
  floatKernel("ResizeBilinear", (call) => forward(call, "bilinear"), hasSize),
  floatKernel("ResizeBilinearGrad", (call) => backward(call, "bilinear")),
  floatKernel("ResizeNearestNeighbor", (call) => forward(call, "nearest"), hasSize),
  floatKernel("ResizeNearestNeighborGrad", (call) => backward(call, "nearest")),
];

type Method = "bilinear" | "nearest";

function hasSize({ attrs }: Call): boolean {
  return (attrs.size as number[]).every((side) => side > 0);
}

/**
 * `weightOf(at, place, …)` is the share that the pixel `place`, of `pixels` along a side, has in the pixel `at` of the resized
 * side; `over` becomes `under` along it.
 */
const weights: Readonly<Record<Method, string>> = {
  bilinear: `fn weightOf(at: u32, place: u32, over: u32, under: u32, pixels: u32) -> f32 {
  let exact = sourceOf(at, over, under);
  let low = max(floor(exact), 0.0);
  let high = min(ceil(exact), f32(pixels - 1u));
  let share = exact - low;
  return select(0.0, 1.0 - share, u32(low) == place) + select(0.0, share, u32(high) == place);
}
fn sourceOf(at: u32, over: u32, under: u32) -> f32 {
  let ratio = f32(over) / f32(under);
  if (numbers.halfPixels == 1u) { return ratio * (f32(at) + 0.5) - 0.5; }
  return ratio * f32(at);
}`,
  // In whole numbers: a place that a rounding error puts below its pixel would be another one's.
  nearest: `fn sourceOf(at: u32, over: u32, under: u32) -> u32 {
  if (numbers.alignCorners == 1u) { return (2u * at * over + under) / (2u * under); }
  if (numbers.halfPixels == 1u) { return (2u * at + 1u) * over / (2u * under); }
  return at * over / under;
}
fn weightOf(at: u32, place: u32, over: u32, under: u32, pixels: u32) -> f32 {
  return select(0.0, 1.0, min(sourceOf(at, over, under), pixels - 1u) == place);
}`,
};

/** `height` and `width` are before the resizing, `toHeight` and `toWidth` after it. */
const fields = [
  ...["size", "channels", "height", "width", "toHeight", "toWidth", "alignCorners", "halfPixels"],
  ...["overRows", "underRows", "overColumns", "underColumns"],
];

const placed = (height: string, width: string) => `    let c = i % numbers.channels;
    let q = i / numbers.channels % numbers.${width};
    let p = i / numbers.channels / numbers.${width} % numbers.${height};
    let n = i / numbers.channels / numbers.${width} / numbers.${height};`;

const pixel = (row: string, column: string) =>
  `x[((n * numbers.height + ${row}) * numbers.width + ${column}) * numbers.channels + c]`;

const forwards: Readonly<Record<Method, string>> = {
  bilinear: `    let v = sourceOf(p, numbers.overRows, numbers.underRows);
    let h = sourceOf(q, numbers.overColumns, numbers.underColumns);
    let top = u32(max(floor(v), 0.0));
    let left = u32(max(floor(h), 0.0));
    let bottom = u32(clamp(ceil(v), 0.0, f32(numbers.height - 1u)));
    let right = u32(clamp(ceil(h), 0.0, f32(numbers.width - 1u)));
    let above = ${pixel("top", "left")} + (${pixel("top", "right")} - ${pixel("top", "left")}) * (h - f32(left));
    let below = ${pixel("bottom", "left")} + (${pixel("bottom", "right")} - ${pixel("bottom", "left")}) * (h - f32(left));
    y[i] = above + (below - above) * (v - f32(top));`,
  nearest: `    let row = min(sourceOf(p, numbers.overRows, numbers.underRows), numbers.height - 1u);
    let column = min(sourceOf(q, numbers.overColumns, numbers.underColumns), numbers.width - 1u);
    y[i] = ${pixel("row", "column")};`,
};

const backwardBody = `    let rows = reach(p, numbers.overRows, numbers.underRows, numbers.toHeight);
    let columns = reach(q, numbers.overColumns, numbers.underColumns, numbers.toWidth);
    var sum = V(0.0);
    for (var row = rows.x; row < rows.y; row++) {
      let ofRow = weightOf(row, p, numbers.overRows, numbers.underRows, numbers.height);
      if (ofRow == 0.0) { continue; }
      for (var column = columns.x; column < columns.y; column++) {
        let weight = ofRow * weightOf(column, q, numbers.overColumns, numbers.underColumns, numbers.width);
        if (weight == 0.0) { continue; }
        sum = sum + weight * x[((n * numbers.toHeight + row) * numbers.toWidth + column) * numbers.channels + c];
      }
    }
    y[i] = sum;`;

/** Where a pixel can have a share at all, with a pixel to spare on either side. */
const reach = `fn reach(place: u32, over: u32, under: u32, count: u32) -> vec2u {
  let ratio = f32(under) / f32(over);
  let low = floor((f32(place) - 1.0) * ratio) - 1.0;
  let high = ceil((f32(place) + 1.5) * ratio) + 2.0;
  return vec2u(u32(max(low, 0.0)), min(u32(high), count));
}`;

function shaderOf(method: Method, isGradient: boolean, width: 1 | 4): Shader {
  const element = elementOf(width);
  return {
    key: `${method}${isGradient ? "-grad" : ""}/${width}`,
    reads: [{ name: "x", element }],
    writes: [{ name: "y", element }],
    numbers: whole(...fields),
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${typesOf(width)}\n${weights[method]}\n${reach}`,
      main: eachPlace(
        isGradient
          ? `${placed("height", "width")}\n${backwardBody}`
          : `${placed("toHeight", "toWidth")}\n${forwards[method]}`,
      ),
    }),
  };
}

interface Sides {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function run(call: Call, method: Method, x: tf.TensorInfo, { before, after }: Sides, isGradient: boolean) {
  const { alignCorners, halfPixelCenters } = call.attrs;
  const [, height = 0, width = 0, channels = 0] = before;
  const [, toHeight = 0, toWidth = 0] = after;
  const lanes = widthOf(channels);
  const y = call.backend.allocate(isGradient ? before : after);
  const size = tf.util.sizeFromShape(y.shape) / lanes;
  // With corners on corners it is the gaps between pixels that are resized.
  const [shortRows, shortColumns] = [toHeight, toWidth].map((to) => Number(Boolean(alignCorners) && to > 1)) as [
    number,
    number,
  ];
  call.backend.run({
    shader: shaderOf(method, isGradient, lanes),
    reads: [x],
    writes: [y],
    numbers: {
      size,
      channels: channels / lanes,
      height,
      width,
      toHeight,
      toWidth,
      alignCorners: Number(alignCorners ?? 0),
      halfPixels: Number(halfPixelCenters ?? 0),
      overRows: height - shortRows,
      underRows: toHeight - shortRows,
      overColumns: width - shortColumns,
      underColumns: toWidth - shortColumns,
    },
    groups: groupsOf(size),
  });
  return y;
}

function forward(call: Call, method: Method): tf.TensorInfo {
  const images = input(call, "images");
  const [batch = 0, , , channels = 0] = images.shape;
  const [height, width] = call.attrs.size as [number, number];
  const after = [batch, height, width, channels];
  return run(call, method, images, { before: images.shape, after }, false);
}

function backward(call: Call, method: Method): tf.TensorInfo {
  const [images, dy] = [input(call, "images"), input(call, "dy")];
  return run(call, method, dy, { before: images.shape, after: dy.shape }, true);
}
