/** Unpooling: values go back to where their maximum came from. */
import * as tf from "@tensorflow/tfjs";
import { runStock, withGradient } from "./kernels.js";
import { maxPool } from "./pooling.js";

/** A pooled map, and the map it came from: together they say where every maximum was. */
export interface Pooled {
  /** `[batch, height, width, channels]`, before. */
  readonly from: tf.Tensor4D;
  /** `[batch, height / 2, width / 2, channels]`, after. */
  readonly pooled: tf.Tensor4D;
}

/**
 * Maxima of windows of 2×2 that do not overlap, with what {@link maxUnpool} needs to undo it.
 *
 * @param x `[batch, height, width, channels]`, both sides even
 */
export function maxPoolForUnpooling(x: tf.Tensor4D): Pooled {
  return { from: x, pooled: maxPool(x, { size: 2, stride: 2, padding: 0 }) };
}

/**
 * Puts each value where the maximum of its window was, and zeros elsewhere: PyTorch's `max_unpool2d` for windows of
 * 2×2. Of equal maxima the first counts. Differentiable in `values`; the places are constants.
 *
 * @param values `[batch, height / 2, width / 2, channels]`
 * @param places of the maxima, from {@link maxPoolForUnpooling}
 * @returns `[batch, height, width, channels]`
 */
export function maxUnpool(values: tf.Tensor4D, { from, pooled }: Pooled): tf.Tensor4D {
  return withGradient<tf.Tensor4D>([values], (save) => {
    save([from, pooled]);
    return {
      value: scatter(values, from, pooled),
      gradient: (dy, [from, pooled]) => [gather(dy, from as tf.Tensor4D, pooled as tf.Tensor4D)],
    };
  });
}

/** What the maximum's gradient does with `dy` is just what unpooling does with values. */
function scatter(dy: tf.Tensor, from: tf.Tensor4D, pooled: tf.Tensor4D): tf.Tensor4D {
  const inputs = { dy, input: from, output: pooled };
  return runStock("MaxPoolGrad", inputs, { filterSize: 2, strides: 2, pad: "valid" })[0] as tf.Tensor4D;
}

/** The value at the place of each maximum. */
function gather(map: tf.Tensor4D, from: tf.Tensor4D, pooled: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const places = scatter(tf.onesLike(pooled), from, pooled);
    // One place of four counts, so the mean is a quarter of its value.
    return tf.avgPool(map.mul<tf.Tensor4D>(places), 2, 2, "valid").mul(4);
  });
}
