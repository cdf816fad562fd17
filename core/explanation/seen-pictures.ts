/** What networks are given, as pictures for people. */
import * as tf from "@tensorflow/tfjs";
import type { Batch, Normalisation } from "../values/records.js";

/** Eight-bit RGB, row by row: `height × width × 3` bytes. */
export interface SeenPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Of each image of a batch the pixels that it was made of.
 *
 * @param usual how it was normalised where the batch does not say
 * @returns none of what is no picture in colours
 */
export async function seenPictures(
  { images, normalisation }: Batch,
  usual: Normalisation,
): Promise<readonly SeenPicture[]> {
  if (images?.shape[3] !== 3) return [];
  const [count, height, width] = images.shape;
  const { mean, deviation } = normalisation ?? usual;
  const pixels = tf.tidy(() => {
    // From a source that leaves it to the device, pixels come as whole numbers.
    if (images.dtype === "int32") return images.toFloat();
    const shares = images.mul([...deviation]).add([...mean]);
    return shares.mul(255).clipByValue(0, 255).round();
  });
  const bytes = Uint8Array.from(await pixels.data());
  pixels.dispose();
  const size = height * width * 3;
  return Array.from({ length: count }, (_, image) => ({
    height,
    width,
    data: bytes.subarray(image * size, (image + 1) * size),
  }));
}
