/** Antialiased resizing with the rounding of PIL, which is what torchvision's models were trained on. */
import type { Size } from "./geometry.js";
import { createPixels, type Pixels } from "./pixels.js";

/** Weights are whole numbers, 2^22 standing for 1: Pillow's precision, and faster than floats. */
const BITS = 22;
const HALF = 1 << (BITS - 1);

/** For every output position: the first input position and the weights from there on, `taps` apart. */
interface Filter {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly taps: number;
}

/** `bilinear`: a triangle. `bicubic`: a cubic with a = −0.5, which sharpens, and is cut off at black and white. */
export type Interpolation = "bilinear" | "bicubic";

/**
 * The image in another size: a filter, widened by the factor of a reduction, first along rows, then along columns, rounded
 * to eight bits after each.
 *
 * @param interpolation the filter. Default `bilinear`
 * @see Pillow, `Image.resize(size, BILINEAR)`; methods/datasets.md §9
 */
export function resample(image: Pixels, { width, height }: Size, interpolation: Interpolation = "bilinear"): Pixels {
  // Where columns and rows of a reduced picture are missing at its ends, what is there stays in its place.
  const extent = image.reduced?.extent ?? image;
  const rows = width === image.width ? image : resampleRows(image, width, interpolation, extent.width);
  if (height === image.height && rows !== image) return rows;
  const result = createPixels(width, height);
  if (height === image.height) result.data.set(rows.data);
  else resampleColumns(rows, result, interpolation, extent.height);
  return result;
}

/** A cubic reaches beyond black and white; a triangle does not, and is spared the look. */
function written({ data }: Pixels, interpolation: Interpolation): Uint8Array | Uint8ClampedArray {
  return interpolation === "bicubic" ? new Uint8ClampedArray(data.buffer) : data;
}

function resampleRows(image: Pixels, width: number, interpolation: Interpolation, extent: number): Pixels {
  const { starts, counts, weights, taps } = createFilter(image.width, width, interpolation, extent);
  const result = createPixels(width, image.height);
  const from = image.data;
  const to = written(result, interpolation);
  let write = 0;
  for (let y = 0; y < image.height; y++) {
    const row = y * image.width;
    for (let x = 0; x < width; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let read = (row + (starts[x] as number)) * 3;
      const first = x * taps;
      for (let tap = first, end = first + (counts[x] as number); tap < end; tap++, read += 3) {
        const weight = weights[tap] as number;
        red += Math.imul(weight, from[read] as number);
        green += Math.imul(weight, from[read + 1] as number);
        blue += Math.imul(weight, from[read + 2] as number);
      }
      to[write++] = red >> BITS;
      to[write++] = green >> BITS;
      to[write++] = blue >> BITS;
    }
  }
  return result;
}

function resampleColumns(image: Pixels, result: Pixels, interpolation: Interpolation, extent: number): void {
  const { starts, counts, weights, taps } = createFilter(image.height, result.height, interpolation, extent);
  const length = image.width * 3;
  const from = image.data;
  const to = written(result, interpolation);
  const sums = new Int32Array(length);
  for (let y = 0; y < result.height; y++) {
    sums.fill(HALF);
    for (let tap = 0; tap < (counts[y] as number); tap++) {
      const weight = weights[y * taps + tap] as number;
      const row = ((starts[y] as number) + tap) * length;
      for (let i = 0; i < length; i++) sums[i] = ((sums[i] as number) + Math.imul(weight, from[row + i] as number)) | 0;
    }
    for (let i = 0, write = y * length; i < length; i++) to[write++] = (sums[i] as number) >> BITS;
  }
}

/** The weight of a pixel by its distance; from the second number on there is none. */
const kernels = {
  bilinear: [(x: number) => Math.max(0, 1 - Math.abs(x)), 1],
  bicubic: [cubic, 2],
} as const;

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

/** @param extent what `to` pixels are made of: `from`, or a part of a pixel more where that part is missing */
function createFilter(from: number, to: number, interpolation: Interpolation, extent: number): Filter {
  const [kernel, reach] = kernels[interpolation];
  const scale = extent / to;
  const wider = Math.max(scale, 1);
  const support = reach * wider;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    let total = 0;
    for (let j = start; j < end; j++) total += kernel((j + 0.5 - centre) / wider);
    for (let j = start; j < end; j++) {
      const weight = kernel((j + 0.5 - centre) / wider) / total;
      weights[i * taps + j - start] = Math.trunc(weight * 2 ** BITS + (weight < 0 ? -0.5 : 0.5));
    }
    starts[i] = start;
    counts[i] = end - start;
  }
  return { starts, counts, weights, taps };
}
