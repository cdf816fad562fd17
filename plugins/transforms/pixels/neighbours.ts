/** What looks at a pixel's neighbours: sharpness and blur. */
import { blend } from "./colour.js";
import { createPixels, type Pixels } from "./pixels.js";

/** @param factor 0 is smoothed, 1 the picture, above it sharper. @see Pillow, `ImageEnhance.Sharpness` */
export function sharpness(picture: Pixels, factor: number): Pixels {
  return blend(smooth(picture), picture, factor);
}

/** A weighted mean of three by three, the middle counting five times; the outermost pixels stay. */
function smooth({ width, height, data }: Pixels): Pixels {
  const result = createPixels(width, height);
  result.data.set(data);
  const row = width * 3;
  for (let y = 1; y < height - 1; y++)
    for (let at = y * row + 3; at < (y + 1) * row - 3; at++) {
      let sum = 4 * (data[at] as number);
      for (let from = at - row; from <= at + row; from += row)
        sum += (data[from - 3] as number) + (data[from] as number) + (data[from + 3] as number);
      result.data[at] = Math.floor(sum / 13 + 0.5);
    }
  return result;
}

/**
 * A Gaussian of `size` by `size` pixels; beyond the edge the picture is mirrored.
 *
 * @param deviation of the Gaussian, in pixels, above 0
 * @param size odd, at most twice the shorter side less one
 * @see torchvision, `gaussian_blur`
 */
export function blur({ width, height, data }: Pixels, deviation: number, size: number): Pixels {
  const reach = (size - 1) / 2;
  const raw = Array.from({ length: size }, (_, at) => Math.exp(-0.5 * ((at - reach) / deviation) ** 2));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map((weight) => weight / total);
  const rows = new Float32Array(data.length);
  const result = createPixels(width, height);
  for (let y = 0; y < height; y++)
    for (const [at, weight] of weights.entries())
      for (let x = 0; x < width; x++)
        add(rows, (y * width + x) * 3, data, (y * width + mirrored(x + at - reach, width)) * 3, weight);
  const sums = new Float32Array(width * 3);
  for (let y = 0; y < height; y++) {
    sums.fill(0.5);
    for (const [at, weight] of weights.entries()) {
      const from = mirrored(y + at - reach, height) * width * 3;
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + weight * (rows[from + i] as number);
    }
    result.data.set(sums, y * width * 3);
  }
  return result;
}

function add(to: Float32Array, at: number, from: Uint8Array, start: number, weight: number): void {
  for (let i = 0; i < 3; i++) to[at + i] = (to[at + i] as number) + weight * (from[start + i] as number);
}

function mirrored(at: number, length: number): number {
  return at < 0 ? -at : at >= length ? 2 * (length - 1) - at : at;
}
