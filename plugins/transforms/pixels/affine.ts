/** Turned, slanted and moved pictures, sampled as Pillow samples them. */
import { createPixels, type Pixels } from "./pixels.js";

/** Where a pixel comes from: `x' = a·x + b·y + c` and `y' = d·x + e·y + f`, at the pixels' middles. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface AffineOptions {
  /** How values between pixels come about. Not antialiased. */
  readonly interpolation: "nearest" | "bilinear" | "bicubic";
  /** Red, green and blue of what comes from outside. */
  readonly fill: readonly [number, number, number];
}

/** Around the middle, against the clock, in degrees. @see Pillow, `Image.rotate` */
export function rotation({ width, height }: Pixels, degrees: number): AffineMap {
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [width / 2, height / 2];
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y];
}

/** The picture of the same size whose every pixel comes from where the map says. @see Pillow, `Image.transform(AFFINE)` */
export function affine(picture: Pixels, map: AffineMap, { interpolation, fill }: AffineOptions): Pixels {
  const { width, height } = picture;
  const result = createPixels(width, height);
  const sample = samplers[interpolation];
  const [a, b, c, d, e, f] = map;
  for (let y = 0, write = 0; y < height; y++)
    for (let x = 0; x < width; x++, write += 3) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c;
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height)
        sample(picture, fromX, fromY, result.data, write);
      else result.data.set(fill, write);
    }
  return result;
}

type Sampler = (picture: Pixels, x: number, y: number, to: Uint8Array, write: number) => void;

const samplers: Readonly<Record<AffineOptions["interpolation"], Sampler>> = {
  nearest: ({ width, data }, x, y, to, write) => {
    const read = (Math.floor(y) * width + Math.floor(x)) * 3;
    for (let channel = 0; channel < 3; channel++) to[write + channel] = data[read + channel] as number;
  },
  bilinear: weighted((part) => [1 - part, part], 0),
  bicubic: weighted(steepCubic, 1),
};

/** A cubic with a = −1, which is Pillow's for maps; for sizes it takes −0.5. */
function steepCubic(part: number): readonly number[] {
  const [square, cube] = [part * part, part * part * part];
  return [-part + 2 * square - cube, 1 - 2 * square + cube, part + square - cube, -square + cube];
}

/** @param before how many pixels before the nearest lower one are looked at */
function weighted(weightsOf: (part: number) => readonly number[], before: number): Sampler {
  return ({ width, height, data }, x, y, to, write) => {
    const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const across = weightsOf(x - 0.5 - left);
    const down = weightsOf(y - 0.5 - top);
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let row = 0; row < down.length; row++) {
        const start = clamp(top + row - before, height) * width;
        let inRow = 0;
        for (let column = 0; column < across.length; column++)
          inRow +=
            (across[column] as number) * (data[(start + clamp(left + column - before, width)) * 3 + channel] as number);
        sum += (down[row] as number) * inRow;
      }
      to[write + channel] = sum <= 0 ? 0 : sum >= 255 ? 255 : sum;
    }
  };
}

function clamp(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}
