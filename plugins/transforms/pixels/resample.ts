/** Antialiased resizing with the rounding of PIL, which is what torchvision's models were trained on. */
import type { Size } from "./geometry.js";
import { createPixels, type Pixels } from "./pixels.js";
import { createFilter, type Filter, type Interpolation } from "./resample-filter.js";
import { type Passes, passesWith } from "./resample-passes.js";

/** In bytes: how much of a picture is copied to where the passes work, at a time, so that a large one takes no more. */
const STRIP = 2 ** 18;

/** In bytes: what the passes touch, and do not use, behind what they read and write. */
const SPARE = 16;

/** Addresses in the passes' memory: one filter at a time, then the picture in its new width, then what comes or goes. */
interface Places {
  readonly filter: number;
  readonly middle: number;
  readonly free: number;
}

/**
 * The image in another size: a filter, widened by the factor of a reduction, first along rows, then along columns, rounded
 * to eight bits after each.
 *
 * @param interpolation the filter. Default `bilinear`
 * @see Pillow, `Image.resize(size, BILINEAR)`; methods/datasets.md §9
 */
export function resample(image: Pixels, size: Size, interpolation: Interpolation = "bilinear"): Pixels {
  const result = createPixels(size.width, size.height);
  if (size.width === image.width && size.height === image.height) result.data.set(image.data);
  else resize(image, result, interpolation);
  return result;
}

function resize(image: Pixels, result: Pixels, interpolation: Interpolation): void {
  // Where columns and rows of a reduced picture are missing at its ends, what is there stays in its place.
  const extent = image.reduced?.extent ?? image;
  const rowBytes = result.width * 3;
  const across = createFilter(image.width, result.width, extent.width, 3, interpolation);
  const down = createFilter(image.height, result.height, extent.height, rowBytes, interpolation);
  const middle = Math.max(across.table.byteLength, down.table.byteLength);
  const places = { filter: 0, middle, free: middle + rowBytes * image.height + SPARE };
  const strip = stripOf(image);
  const passes = passesWith(places.free + Math.max(strip * image.width * 3, result.data.length) + SPARE);
  if (image.width === result.width) bytesOf(passes).set(image.data, middle);
  else resizeRows(passes, image, strip, result.width, across, places);
  let at = middle;
  if (image.height !== result.height) at = resizeColumns(passes, result, down, places);
  result.data.set(bytesOf(passes).subarray(at, at + result.data.length));
}

/** Rows in a strip. */
function stripOf({ width, height }: Size): number {
  return Math.min(height, Math.max(1, Math.floor(STRIP / (width * 3))));
}

function resizeRows(
  passes: Passes,
  { width, height, data }: Pixels,
  strip: number,
  to: number,
  { table, stride }: Filter,
  { filter, middle, free }: Places,
): void {
  new Int32Array(passes.memory.buffer, filter).set(table);
  for (let y = 0; y < height; y += strip) {
    const end = Math.min(height, y + strip);
    bytesOf(passes).set(data.subarray(y * width * 3, end * width * 3), free);
    passes.rows(free, width * 3, end - y, middle + y * to * 3, to, filter, stride);
  }
}

/** @returns where the result lies */
function resizeColumns(passes: Passes, to: Size, { table, stride }: Filter, { filter, middle, free }: Places): number {
  new Int32Array(passes.memory.buffer, filter).set(table);
  passes.columns(middle, to.width * 3, free, to.height, filter, stride);
  return free;
}

function bytesOf({ memory }: Passes): Uint8Array {
  return new Uint8Array(memory.buffer);
}
