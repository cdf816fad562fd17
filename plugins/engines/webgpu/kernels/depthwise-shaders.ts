/** Shaders of depthwise convolutions: each thread has four channels, or one, and some neighbouring pixels of a row. */
import { mostGroups, type Shader } from "../shader.js";
import type { ConvolutionInfo } from "./convolution-info.js";
import { type Finish, finishKey, finishText } from "./products/finish.js";

const workgroup = 64;

/** A filter that slides over images, each channel on its own; for each channel of the images `multiplier` of the result. */
export interface Sliding {
  readonly batch: number;
  readonly from: Sides;
  readonly to: Sides;
  readonly filter: Sides;
  /** Of the result. */
  readonly channels: number;
  readonly multiplier: number;
  readonly strides: Sides;
  readonly dilations: Sides;
  /** How far the first patch's corner lies outside. */
  readonly before: Sides;
  /** Whether the filter is turned by half a turn: for the gradient of the input. */
  readonly turned: boolean;
}

type Sides = readonly [vertical: number, horizontal: number];

export function slidingOf(info: ConvolutionInfo): Sliding {
  return {
    batch: info.batchSize,
    from: [info.inHeight, info.inWidth],
    to: [info.outHeight, info.outWidth],
    filter: [info.filterHeight, info.filterWidth],
    channels: info.outChannels,
    multiplier: info.outChannels / info.inChannels,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
    turned: false,
  };
}

/** The same for the gradient of the input, where neither strides nor multipliers stand in the way. */
export function turnedOf(info: ConvolutionInfo): Sliding | null {
  const { filterHeight, filterWidth, padInfo } = info;
  const forward = slidingOf(info);
  if (forward.multiplier > 1 || forward.strides.some((stride) => stride > 1)) return null;
  return {
    ...forward,
    from: forward.to,
    to: forward.from,
    before: [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left],
    turned: true,
  };
}

/** Channels side by side that one thread computes. */
export function channelsEach({ channels, multiplier }: Pick<Sliding, "channels" | "multiplier">): 4 | 1 {
  return channels % 4 === 0 && multiplier === 1 ? 4 : 1;
}

/** Pixels side by side that one thread computes: more are read less often, if not too many are beyond the row's end. */
function stripOf({ to }: Sliding): number {
  return Math.ceil(to[1] / 8) * 8 <= 1.25 * to[1] ? 8 : 4;
}

export function slidingShader(sliding: Sliding, finish: Finish): Shader {
  const element = channelsEach(sliding) === 4 ? "vec4f" : "f32";
  return {
    key: `depthwise ${JSON.stringify(Object.values(sliding))} ${finishKey(finish)}`,
    reads: [
      { name: "x", element },
      { name: "w", element },
      ...(finish.bias ? [{ name: "bias", element } as const] : []),
    ],
    writes: [{ name: "y", element }],
    workgroup: [workgroup, 1, 1],
    text: () => ({ declarations: finishText(finish, element === "vec4f"), main: slidingText(sliding, element) }),
  };
}

export function slidingGrid(sliding: Sliding): readonly [number, number, number] {
  const { batch, to, channels } = sliding;
  return linearGrid((batch * to[0] * Math.ceil(to[1] / stripOf(sliding)) * channels) / channelsEach(sliding));
}

/** Workgroups for so many threads, which find their number by {@link itemText}. */
export function linearGrid(threads: number): readonly [number, number, number] {
  const groups = Math.ceil(threads / workgroup);
  const across = Math.min(groups, mostGroups);
  return [across, Math.ceil(groups / across), 1];
}

export const linearWorkgroup: readonly [number, number, number] = [workgroup, 1, 1];
export const itemText = `let item = at.x + at.y * groups.x * ${workgroup}u;`;

function slidingText(sliding: Sliding, element: "vec4f" | "f32"): string {
  const { batch, from, to, filter, channels, multiplier, strides, dilations, before, turned } = sliding;
  const each = channelsEach(sliding);
  const units = channels / each;
  const strip = stripOf(sliding);
  const strips = Math.ceil(to[1] / strip);
  const pixels = Array.from({ length: strip }, (_, pixel) => pixel);
  const taps = Array.from({ length: filter[1] }, (_, tap) => tap);
  const column = (pixel: number, tap: number) => pixel * strides[1] + tap * dilations[1];
  const columns = [...new Set(pixels.flatMap((pixel) => taps.map((tap) => column(pixel, tap))))];
  const row = turned ? `${filter[0] - 1}u - v` : "v";
  const place = (tap: number) => (turned ? filter[1] - 1 - tap : tap);
  return `${itemText}
let unit = item % ${units}u;
let left = item / ${units}u % ${strips}u * ${strip}u;
let top = item / ${units * strips}u % ${to[0]}u;
let image = item / ${units * strips * to[0]}u;
if (image >= ${batch}u) { return; }
${pixels.map((pixel) => `var s${pixel} = ${element}(0.0);`).join("\n")}
for (var v = 0u; v < ${filter[0]}u; v++) {
let row = i32(top * ${strides[0]}u + v * ${dilations[0]}u) - ${before[0]};
if (u32(row) >= ${from[0]}u) { continue; }
let start = (image * ${from[0]}u + u32(row)) * ${from[1]}u;
${columns.map((c) => columnText(`x${c}`, `i32(left * ${strides[1]}u) + ${c - before[1]}`, from[1], units / multiplier, multiplier, element)).join("\n")}
let taps = (${row}) * ${filter[1] * units}u + unit;
${taps
  .flatMap((tap) => [
    `let f${tap} = w[taps + ${place(tap) * units}u];`,
    ...pixels.map((pixel) => `s${pixel} = fma(x${column(pixel, tap)}, f${tap}, s${pixel});`),
  ])
  .join("\n")}
}
let start = ((image * ${to[0]}u + top) * ${to[1]}u + left) * ${units}u + unit;
${pixels
  .map(
    (pixel) =>
      `if (left + ${pixel}u < ${to[1]}u) { y[start + ${pixel * units}u] = finish(s${pixel}, unit * ${each}u); }`,
  )
  .join("\n")}`;
}

/** Reads a pixel of the row that starts at `start`; outside of it is 0. */
export function columnText(
  name: string,
  column: string,
  width: number,
  units: number,
  multiplier: number,
  element: "vec4f" | "f32",
): string {
  const unit = multiplier === 1 ? "unit" : `unit / ${multiplier}u`;
  return `var ${name} = ${element}(0.0);
{
let column = ${column};
if (u32(column) < ${width}u) { ${name} = x[(start + u32(column)) * ${units}u + ${unit}]; }
}`;
}
