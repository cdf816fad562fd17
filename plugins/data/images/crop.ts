/** From stored pixels to the normalised floats that a network sees. */
import type { InputSettings } from "../../../core/index.js";
import type { Pixels } from "./pixels.js";

/** Where to cut, and whether to mirror. Offsets may be negative: there is padding. */
interface Crop {
  readonly left: number;
  readonly top: number;
  readonly flip: boolean;
}

/** Writes one sample at `offset` of a batch `[batch, crop, crop, 3]`. */
export type SampleWriter = (pixels: Pixels, crop: Crop, batch: Float32Array, offset: number) => void;

/**
 * Normalises by table: `(value / 255 − mean) / deviation`. What lies outside of the image is black *before*
 * normalisation, as torchvision's padding is.
 */
export function createSampleWriter(input: Pick<InputSettings, "crop" | "mean" | "deviation">): SampleWriter {
  const size = input.crop;
  const tables = input.mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / input.deviation[channel as 0 | 1 | 2]),
  ) as [Float32Array, Float32Array, Float32Array];
  const [red, green, blue] = tables;
  return ({ width, height, data }, { left, top, flip }, batch, offset) => {
    const step = flip ? -3 : 3;
    for (let y = 0; y < size; y++) {
      const row = top + y;
      let write = offset + (y * size + (flip ? size - 1 : 0)) * 3;
      for (let x = left; x < left + size; x++, write += step) {
        const inside = row >= 0 && row < height && x >= 0 && x < width;
        const read = (row * width + x) * 3;
        batch[write] = red[inside ? (data[read] as number) : 0] as number;
        batch[write + 1] = green[inside ? (data[read + 1] as number) : 0] as number;
        batch[write + 2] = blue[inside ? (data[read + 2] as number) : 0] as number;
      }
    }
  };
}
