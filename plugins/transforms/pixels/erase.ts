/** A part of the picture becomes noise that is N(0, 1) to the network. */
import type { InputSettings, Rectangle } from "../../../core/index.js";
import { roundHalfEven, type Size } from "./geometry.js";
import { normalNumbers } from "./noise.js";
import type { Pixels } from "./pixels.js";

/**
 * The first of the tried parts that is smaller than the picture in both directions; none where none is.
 *
 * @param drawn uniform in `[0, 1)`: the position, then area and ratio of each try
 * @see methods/deit-convnext.md §7; "Random erasing data augmentation", 2020
 */
export function erasedPart(
  { width, height }: Size,
  { scale, ratio }: { readonly scale: readonly [number, number]; readonly ratio: readonly [number, number] },
  [x = 0, y = 0, ...tries]: readonly number[],
): Rectangle | undefined {
  const [narrowest, widest] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let at = 0; at + 1 < tries.length; at += 2) {
    const area = width * height * (scale[0] + (tries[at] as number) * (scale[1] - scale[0]));
    const aspect = Math.exp(narrowest + (tries[at + 1] as number) * (widest - narrowest));
    const part = { height: roundHalfEven(Math.sqrt(area * aspect)), width: roundHalfEven(Math.sqrt(area / aspect)) };
    if (part.width < width && part.height < height)
      return {
        left: Math.floor(x * (width - part.width + 1)),
        top: Math.floor(y * (height - part.height + 1)),
        ...part,
      };
  }
  return undefined;
}

/**
 * Noise whose normalised values are N(0, 1) for each pixel and channel. The picture has it as grey levels: the nearest of the 256,
 * and black or white beyond them; beside it lie the numbers themselves, for threads that normalise.
 *
 * @param seed uniform in `[0, 1)`
 */
export function erase(
  picture: Pixels,
  { left, top, width, height }: Rectangle,
  seed: number,
  { mean, deviation }: Pick<InputSettings, "mean" | "deviation">,
): Pixels {
  const noise = normalNumbers(seed);
  const data = picture.data.slice();
  const values = Float32Array.from({ length: height * width * 3 }, () => noise.next().value);
  for (const [index, value] of values.entries()) {
    const [row, place] = [Math.floor(index / (width * 3)), index % (width * 3)];
    const channel = (index % 3) as 0 | 1 | 2;
    const level = Math.round(255 * (mean[channel] + deviation[channel] * value));
    data[((top + row) * picture.width + left) * 3 + place] = Math.min(Math.max(level, 0), 255);
  }
  return { width: picture.width, height: picture.height, data, normalised: { left, top, width, height, values } };
}
