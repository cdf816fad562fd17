/** From the bytes of a picture to what a batch holds. */
import type { InputSettings } from "../../../core/index.js";
import type { NormalisedPart, Pixels } from "../../transforms/pixels/pixels.js";

/** Writes one picture at `offset` of a batch `[batch, crop, crop, 3]`. */
export type PictureWriter = (picture: Pixels, offset: number) => void;

/** `(value / 255 − mean) / deviation`, by table. */
export function normalisingWriter(
  batch: Float32Array,
  { mean, deviation }: Pick<InputSettings, "mean" | "deviation">,
): PictureWriter {
  const tables = mean.map((one, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - one) / deviation[channel as 0 | 1 | 2]),
  ) as [Float32Array, Float32Array, Float32Array];
  const [red, green, blue] = tables;
  return ({ data, width, normalised }, offset) => {
    for (let read = 0, write = offset; read < data.length; read += 3, write += 3) {
      batch[write] = red[data[read] as number] as number;
      batch[write + 1] = green[data[read + 1] as number] as number;
      batch[write + 2] = blue[data[read + 2] as number] as number;
    }
    if (normalised) writePart(batch, offset, width, normalised);
  };
}

function writePart(batch: Float32Array, offset: number, side: number, part: NormalisedPart): void {
  const row = part.width * 3;
  for (let y = 0; y < part.height; y++)
    batch.set(part.values.subarray(y * row, (y + 1) * row), offset + ((part.top + y) * side + part.left) * 3);
}

/** The bytes as they are: the device normalises them. */
export function plainWriter(batch: Uint8Array): PictureWriter {
  return ({ data }, offset) => batch.set(data, offset);
}
