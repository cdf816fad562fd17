/** Shaders of the gradients of depthwise convolutions. */
import type { Shader } from "../shader.js";
import type { ConvolutionInfo } from "./convolution-info.js";
import { channelsEach, columnText, itemText, linearGrid, linearWorkgroup, slidingOf } from "./depthwise-shaders.js";

/** The gradient of the input for any stride and multiplier: a thread for each value, and only taps that reach it. */
export function inputGradientShader(info: ConvolutionInfo): Shader {
  const sliding = slidingOf(info);
  const element = channelsEach(sliding) === 4 ? "vec4f" : "f32";
  return {
    key: `depthwise input ${JSON.stringify(Object.values(sliding))}`,
    reads: [
      { name: "dy", element },
      { name: "w", element },
    ],
    writes: [{ name: "dx", element }],
    workgroup: linearWorkgroup,
    text: () => ({ main: inputGradientText(info, element) }),
  };
}

export function inputGradientGrid(info: ConvolutionInfo): readonly [number, number, number] {
  const { batchSize, inHeight, inWidth, inChannels } = info;
  return linearGrid((batchSize * inHeight * inWidth * inChannels) / channelsEach(slidingOf(info)));
}

function inputGradientText(info: ConvolutionInfo, element: "vec4f" | "f32"): string {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const { multiplier } = slidingOf(info);
  const each = channelsEach(slidingOf(info));
  const units = inChannels / each;
  const outside = outChannels / each;
  return `${itemText}
let unit = item % ${units}u;
let x = item / ${units}u % ${inWidth}u + ${padInfo.left}u;
let y = item / ${units * inWidth}u % ${inHeight}u + ${padInfo.top}u;
let image = item / ${units * inWidth * inHeight}u;
if (image >= ${batchSize}u) { return; }
var sum = ${element}(0.0);
for (var v = y % ${strideHeight}u; v < min(y + 1u, ${filterHeight}u); v += ${strideHeight}u) {
let row = (y - v) / ${strideHeight}u;
if (row >= ${outHeight}u) { continue; }
for (var h = x % ${strideWidth}u; h < min(x + 1u, ${filterWidth}u); h += ${strideWidth}u) {
let column = (x - h) / ${strideWidth}u;
if (column >= ${outWidth}u) { continue; }
for (var m = 0u; m < ${multiplier}u; m++) {
let channel = unit * ${multiplier}u + m;
sum = fma(dy[((image * ${outHeight}u + row) * ${outWidth}u + column) * ${outside}u + channel], w[(v * ${filterWidth}u + h) * ${outside}u + channel], sum);
}
}
}
dx[item] = sum;`;
}

/** Neighbouring pixels whose products are added up at a time. */
const strip = 8;
/** Threads that a large GPU is busy with. */
const busy = 65_536;
/** Parts of the sum; more would make adding them up the longer work. */
const mostParts = 1024;

/** How the rows of the result, in all images, are shared: a part for each of so many threads. */
export function filterGradientParts(info: ConvolutionInfo): { readonly parts: number; readonly rows: number } {
  const { batchSize, outHeight, outChannels, filterHeight } = info;
  const threads = (outChannels / channelsEach(slidingOf(info))) * filterHeight;
  const all = batchSize * outHeight;
  const rows = Math.ceil(all / Math.min(all, mostParts, Math.ceil(busy / threads)));
  return { parts: Math.ceil(all / rows), rows };
}

/** A part of the gradient of the filter: a thread for each row of the filter and its channels, which adds up some rows of `dy`. */
export function filterGradientShader(info: ConvolutionInfo): Shader {
  const sliding = slidingOf(info);
  const element = channelsEach(sliding) === 4 ? "vec4f" : "f32";
  return {
    key: `depthwise filter ${JSON.stringify(Object.values(sliding))}`,
    reads: [
      { name: "x", element },
      { name: "dy", element },
    ],
    writes: [{ name: "partial", element }],
    workgroup: linearWorkgroup,
    text: () => ({ main: filterGradientText(info, element) }),
  };
}

export function filterGradientGrid(info: ConvolutionInfo): readonly [number, number, number] {
  const { outChannels, filterHeight } = info;
  return linearGrid(((filterGradientParts(info).parts * outChannels) / channelsEach(slidingOf(info))) * filterHeight);
}

function filterGradientText(info: ConvolutionInfo, element: "vec4f" | "f32"): string {
  const { batchSize, outHeight, outWidth, outChannels, inHeight, inWidth, filterHeight, filterWidth } = info;
  const { multiplier, strides, dilations, before } = slidingOf(info);
  const { parts, rows } = filterGradientParts(info);
  const units = outChannels / channelsEach(slidingOf(info));
  const taps = Array.from({ length: filterWidth }, (_, tap) => tap);
  const pixels = Array.from({ length: strip }, (_, pixel) => pixel);
  const column = (pixel: number, tap: number) => pixel * strides[1] + tap * dilations[1];
  const columns = [...new Set(pixels.flatMap((pixel) => taps.map((tap) => column(pixel, tap))))];
  return `${itemText}
let unit = item % ${units}u;
let v = item / ${units}u % ${filterHeight}u;
let part = item / ${units * filterHeight}u;
if (part >= ${parts}u) { return; }
${taps.map((tap) => `var s${tap} = ${element}(0.0);`).join("\n")}
let end = min((part + 1u) * ${rows}u, ${batchSize * outHeight}u);
for (var line = part * ${rows}u; line < end; line++) {
let row = i32(line % ${outHeight}u * ${strides[0]}u + v * ${dilations[0]}u) - ${before[0]};
if (u32(row) >= ${inHeight}u) { continue; }
let start = (line / ${outHeight}u * ${inHeight}u + u32(row)) * ${inWidth}u;
for (var left = 0u; left < ${outWidth}u; left += ${strip}u) {
${columns.map((c) => columnText(`x${c}`, `i32(left * ${strides[1]}u) + ${c - before[1]}`, inWidth, units / multiplier, multiplier, element)).join("\n")}
${pixels
  .map(
    (pixel) => `if (left + ${pixel}u < ${outWidth}u) {
let d = dy[(line * ${outWidth}u + left + ${pixel}u) * ${units}u + unit];
${taps.map((tap) => `s${tap} = fma(x${column(pixel, tap)}, d, s${tap});`).join("\n")}
}`,
  )
  .join("\n")}
}
}
${taps.map((tap) => `partial[((part * ${filterHeight}u + v) * ${filterWidth}u + ${tap}u) * ${units}u + unit] = s${tap};`).join("\n")}`;
}
