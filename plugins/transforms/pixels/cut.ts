/** Parts of pictures, and pictures the other way round. */
import type { Rectangle } from "../../../core/index.js";
import { createPixels, type Pixels } from "./pixels.js";

/**
 * What lies in a rectangle.
 *
 * @param around red, green and blue of what is outside of the picture. Default black, as torchvision's padding is
 */
export function cut(
  picture: Pixels,
  { left, top, width, height }: Rectangle,
  around: readonly [number, number, number] = [0, 0, 0],
): Pixels {
  const result = createPixels(width, height);
  if (around.some((value) => value !== 0))
    for (let at = 0; at < result.data.length; at++) result.data[at] = around[at % 3] as number;
  const [from, to] = [Math.max(left, 0), Math.min(left + width, picture.width)];
  if (from >= to) return result;
  for (let y = Math.max(top, 0); y < Math.min(top + height, picture.height); y++) {
    const row = y * picture.width;
    const part = picture.data.subarray((row + from) * 3, (row + to) * 3);
    result.data.set(part, ((y - top) * width + from - left) * 3);
  }
  return result;
}

/** Left becomes right. */
export function mirror({ width, height, data }: Pixels): Pixels {
  const result = createPixels(width, height);
  const to = result.data;
  for (let y = 0; y < height; y++) {
    let read = y * width * 3;
    for (let write = read + (width - 1) * 3; read < (y + 1) * width * 3; read += 3, write -= 3) {
      to[write] = data[read] as number;
      to[write + 1] = data[read + 1] as number;
      to[write + 2] = data[read + 2] as number;
    }
  }
  return result;
}
