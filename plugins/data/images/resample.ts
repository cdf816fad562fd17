/** Antialiased bilinear resizing with the rounding of PIL, which is what torchvision's models were trained on. */
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

/**
 * The image in another size: a triangle filter, widened by the factor of a reduction, first along rows, then along
 * columns, rounded to eight bits after each.
 *
 * @param shared puts the result into shared memory
 * @see Pillow, `Image.resize(size, BILINEAR)`; methods/datasets.md §9
 */
export function resample(image: Pixels, { width, height }: Size, shared = false): Pixels {
  const rows = width === image.width ? image : resampleRows(image, width);
  const result = createPixels(width, height, shared);
  if (height === image.height) result.data.set(rows.data);
  else resampleColumns(rows, result);
  return result;
}

function resampleRows(image: Pixels, width: number): Pixels {
  const { starts, counts, weights, taps } = triangleFilter(image.width, width);
  const result = createPixels(width, image.height);
  const from = image.data;
  const to = result.data;
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

function resampleColumns(image: Pixels, result: Pixels): void {
  const { starts, counts, weights, taps } = triangleFilter(image.height, result.height);
  const length = image.width * 3;
  const from = image.data;
  const to = result.data;
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

function triangleFilter(from: number, to: number): Filter {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    let total = 0;
    for (let j = start; j < end; j++) total += Math.max(0, 1 - Math.abs((j + 0.5 - centre) / support));
    for (let j = start; j < end; j++) {
      const weight = Math.max(0, 1 - Math.abs((j + 0.5 - centre) / support)) / total;
      weights[i * taps + j - start] = Math.trunc(weight * 2 ** BITS + 0.5);
    }
    starts[i] = start;
    counts[i] = end - start;
  }
  return { starts, counts, weights, taps };
}
