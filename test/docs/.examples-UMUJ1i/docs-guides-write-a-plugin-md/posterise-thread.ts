// posterise-thread.ts
import { createPixels, type TransformFunction } from "../../../../plugins/transforms/pixels/index.js";

/** Keeps a few bits of each colour, now and then. */
export const transform: TransformFunction<{ readonly bits: number }> = (picture, { options, drawn: [chance = 1] }) => {
  if (chance >= 0.5) return picture;
  const result = createPixels(picture.width, picture.height);
  const mask = 256 - 2 ** (8 - options.bits);
  for (let i = 0; i < result.data.length; i++) result.data[i] = (picture.data[i] ?? 0) & mask;
  return result;
};