/** Maximum and average pooling, and their gradients: each value of a gradient gathers what its windows give it. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { whole } from "./fields.js";
import { eachPlace, elementOf, groupsOf, typesOf, widthOf, workgroup } from "./pointwise.js";

export const poolingKernels = [
  floatKernel("MaxPool", (call) => run(call, "max-pool", ["x"])),
  floatKernel("AvgPool", (call) => run(call, "avg-pool", ["x"]), isPool),
  floatKernel("MaxPoolGrad", (call) => run(call, "max-pool-grad", ["dy", "input", "output"])),
  floatKernel("AvgPoolGrad", (call) => run(call, "avg-pool-grad", ["dy", "input"])),
];

/** A window of one pixel that leaves the size as it is: tfjs' kernels give the images back, whatever padding and stride are. */
function isPool(call: Call): boolean {
  const { inShape, outShape, filterHeight, filterWidth } = infoOf(call, input(call, "x"));
  return filterHeight > 1 || filterWidth > 1 || !tf.util.arraysEqual(inShape, outShape);
}

const fields = [
  ...["channels", "height", "width", "outHeight", "outWidth"],
  ...["windowHeight", "windowWidth", "strideHeight", "strideWidth", "top", "left"],
];

function numbersOf(info: tf.backend_util.Conv2DInfo, width: number): Record<string, number> {
  return {
    channels: info.inChannels / width,
    height: info.inHeight,
    width: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    windowHeight: info.filterHeight,
    windowWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** The place `i` of images of this size, as channel `c`, column `q`, row `p` and image `n`. */
const placed = (height: string, width: string) => `    let c = i % numbers.channels;
    var rest = i / numbers.channels;
    let q = rest % numbers.${width};
    rest = rest / numbers.${width};
    let p = rest % numbers.${height};
    let n = rest / numbers.${height};`;

/** Of a window along one side: what lies in the image, from its beginning to its end. */
const inImage = (name: string, at: string, stride: string, window: string, before: string, size: string) => `
    let ${name}Begin = max(i32(${at} * numbers.${stride}) - i32(numbers.${before}), 0);
    let ${name}End = min(i32(${at} * numbers.${stride} + numbers.${window}) - i32(numbers.${before}), i32(numbers.${size}));`;

const windowOf = (p: string, q: string) =>
  `${inImage("row", p, "strideHeight", "windowHeight", "top", "height")}${inImage("column", q, "strideWidth", "windowWidth", "left", "width")}`;

const eachPixel = (body: string) => `    for (var row = rowBegin; row < rowEnd; row++) {
      for (var column = columnBegin; column < columnEnd; column++) {
        let value = x[((n * numbers.height + u32(row)) * numbers.width + u32(column)) * numbers.channels + c];
${body}
      }
    }`;

/** For each window that the pixel lies in: its place among the results, in `own`. */
const eachWindow = (
  body: string,
) => `    let firstRow = windowsBefore(p + numbers.top, numbers.windowHeight, numbers.strideHeight);
    let lastRow = min((p + numbers.top) / numbers.strideHeight + 1u, numbers.outHeight);
    let firstColumn = windowsBefore(q + numbers.left, numbers.windowWidth, numbers.strideWidth);
    let lastColumn = min((q + numbers.left) / numbers.strideWidth + 1u, numbers.outWidth);
    for (var outRow = firstRow; outRow < lastRow; outRow++) {
      for (var outColumn = firstColumn; outColumn < lastColumn; outColumn++) {
        let own = ((n * numbers.outHeight + outRow) * numbers.outWidth + outColumn) * numbers.channels + c;
${body}
      }
    }`;

const windowsBefore = `/** Windows that end before this place. */
fn windowsBefore(place: u32, window: u32, stride: u32) -> u32 {
  return select((place - window) / stride + 1u, 0u, place < window);
}`;

/** Over all values of what they write. */
const bodies = {
  // A NaN never wins, as in tfjs; where there is nothing else it is what is left.
  "max-pool": `${placed("outHeight", "outWidth")}
    ${windowOf("p", "q")}
    var best = x[((n * numbers.height + u32(rowBegin)) * numbers.width + u32(columnBegin)) * numbers.channels + c];
${eachPixel("        best = select(best, value, (value > best) | isNan(best));")}
    y[i] = best;`,
  "avg-pool": `${placed("outHeight", "outWidth")}
    ${windowOf("p", "q")}
    var sum = V(0.0);
${eachPixel("        sum = sum + value;")}
    y[i] = sum / f32((rowEnd - rowBegin) * (columnEnd - columnBegin));`,
  // The first of equal maxima receives the gradient, as in tfjs, and none of a window without a number above −∞. What is
  // earlier is asked whether it is equal: adapters differ on whether a NaN is unequal to a number.
  "max-pool-grad": `${placed("height", "width")}
    let own_ = x[i];
    var sum = V(0.0);
${eachWindow(`        let best = pooled[own];
        var hit = (own_ == best) & (best >= V(-3.4028234e38));
        if (any(hit)) {
          ${windowOf("outRow", "outColumn")}
          for (var row = rowBegin; row <= i32(p); row++) {
            let end = select(columnEnd, i32(q), row == i32(p));
            for (var column = columnBegin; column < end; column++) {
              let earlier = x[((n * numbers.height + u32(row)) * numbers.width + u32(column)) * numbers.channels + c];
              hit = select(hit, B(false), earlier == best);
            }
          }
        }
        sum = sum + select(V(0.0), dy[own], hit);`)}
    y[i] = sum;`,
  "avg-pool-grad": `${placed("height", "width")}
    var sum = V(0.0);
${eachWindow("        sum = sum + dy[own];")}
    y[i] = sum / f32(numbers.windowHeight * numbers.windowWidth);`,
};

type Kind = keyof typeof bodies;

const bindings: Readonly<Record<Kind, readonly string[]>> = {
  "max-pool": ["x"],
  "avg-pool": ["x"],
  "max-pool-grad": ["dy", "x", "pooled"],
  "avg-pool-grad": ["dy"],
};

function shaderOf(kind: Kind, width: 1 | 4): Shader {
  const element = elementOf(width);
  return {
    key: `${kind}/${width}`,
    reads: bindings[kind].map((name) => ({ name, element })),
    writes: [{ name: "y", element }],
    numbers: whole("size", ...fields),
    workgroup: [workgroup, 1, 1],
    text: () => ({ declarations: `${typesOf(width)}\n${windowsBefore}`, main: eachPlace(bodies[kind]) }),
  };
}

function infoOf({ attrs }: Call, { shape }: tf.TensorInfo): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolAttrs;
  const sides = shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(sides, filterSize, strides, 1, pad, dimRoundingMode);
}

function run(call: Call, kind: Kind, names: readonly string[]): tf.TensorInfo {
  const { backend } = call;
  const isGradient = names.length > 1;
  const images = input(call, isGradient ? "input" : "x");
  const info = infoOf(call, images);
  const width = widthOf(info.inChannels);
  const y = backend.allocate(isGradient ? images.shape : info.outShape);
  const size = tf.util.sizeFromShape(y.shape) / width;
  backend.run({
    shader: shaderOf(kind, width),
    reads: bindings[kind].map((_, at) => input(call, names[at] as string)),
    writes: [y],
    numbers: { size, ...numbersOf(info, width) },
    groups: groupsOf(size),
  });
  return y;
}
