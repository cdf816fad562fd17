/** Pixels, as whole numbers, become what networks see. */
import * as tf from "@tensorflow/tfjs";
import type { Normalisation } from "../values/records.js";

/**
 * `(pixel / 255 − mean) / deviation` of every pixel, by a table of the 256 values of each channel: the same bytes as
 * where threads normalise.
 *
 * @param images `[batch, height, width, 3]`, `int32` from 0 to 255; stays the caller's
 */
export function normalisePixels(images: tf.Tensor4D, { mean, deviation }: Normalisation): tf.Tensor4D {
  const values = mean.flatMap((one, channel) =>
    Array.from({ length: 256 }, (_, value) => (value / 255 - one) / (deviation[channel] as number)),
  );
  return tf.tidy(() => {
    const places = images.add(tf.tensor1d([0, 256, 512], "int32"));
    return tf.gather(tf.tensor1d(values), places.flatten().cast("int32")).reshape<tf.Tensor4D>(images.shape);
  });
}
