/** Many small pictures in one that people can look at. */

import type { Picture } from "../../pictures/index.js";

const columns = 8;
/** White, around every picture. */
const gap = 4;
/** Smaller pictures are enlarged to about this side. */
const side = 96;

/**
 * Pictures in rows of eight, enlarged by a whole number without smoothing, so that every pixel stays a square.
 *
 * @param pixels `[count, height, width, 3]` in [0, 1]
 */
export function imageGrid(
  pixels: ArrayLike<number>,
  [count, height, width]: readonly [number, number, number],
): Picture {
  const scale = Math.max(1, Math.round(side / Math.max(height, width)));
  const [tileHeight, tileWidth] = [scale * height + gap, scale * width + gap];
  const grid = {
    width: gap + Math.min(columns, count) * tileWidth,
    height: gap + Math.ceil(count / columns) * tileHeight,
  };
  const data = new Uint8Array(grid.width * grid.height * 3).fill(255);
  for (let picture = 0; picture < count; picture++) {
    const [top, left] = [gap + Math.floor(picture / columns) * tileHeight, gap + (picture % columns) * tileWidth];
    for (let y = 0; y < scale * height; y++)
      for (let x = 0; x < scale * width; x++) {
        const from = ((picture * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * 3;
        const to = ((top + y) * grid.width + left + x) * 3;
        for (let channel = 0; channel < 3; channel++)
          data[to + channel] = Math.round(255 * (pixels[from + channel] as number));
      }
  }
  return { ...grid, data };
}
