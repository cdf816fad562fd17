/** By how much each pixel of a line counts in each pixel of the line that it becomes. */

/** `bilinear`: a triangle. `bicubic`: a cubic with a = −0.5, which sharpens, and is cut off at black and white. */
export type Interpolation = "bilinear" | "bicubic";

/** Pillow's precision: weights are whole numbers, 2^22 standing for 1. */
const ONE = 2 ** 22;

/** For every output position a row of numbers: where its input begins, how many bytes its weights take, the weights. */
export interface Filter {
  readonly table: Int32Array;
  /** From row to row, in bytes. */
  readonly stride: number;
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

/**
 * @param from length of the line that is there, in pixels
 * @param to length of the line that it becomes
 * @param extent what `to` pixels are made of: `from`, or a part of a pixel more where that part is missing
 * @param unit from one pixel of the line to the next, in bytes
 */
export function createFilter(
  from: number,
  to: number,
  extent: number,
  unit: number,
  interpolation: Interpolation,
): Filter {
  const [kernel, reach] = kernels[interpolation];
  const scale = extent / to;
  const wider = Math.max(scale, 1);
  const support = reach * wider;
  const length = 2 + Math.ceil(support) * 2 + 1;
  const table = new Int32Array(to * length);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    let total = 0;
    for (let j = start; j < end; j++) total += kernel((j + 0.5 - centre) / wider);
    let write = i * length;
    table[write++] = start * unit;
    table[write++] = (end - start) * Int32Array.BYTES_PER_ELEMENT;
    for (let j = start; j < end; j++) {
      const weight = kernel((j + 0.5 - centre) / wider) / total;
      table[write++] = Math.trunc(weight * ONE + (weight < 0 ? -0.5 : 0.5));
    }
  }
  return { table, stride: length * Int32Array.BYTES_PER_ELEMENT };
}
