/** The best rate that the active engine's convolutions reach here: what other rates are a share of. */
import * as tf from "@tensorflow/tfjs";

type Sides = [number, number, number, number];

/** Shapes that direct convolutions are good at, and none that a faster algorithm could compute with less arithmetic. */
const shapes: readonly (readonly [x: Sides, filter: Sides])[] = [
  [
    [8, 56, 56, 64],
    [5, 5, 64, 64],
  ],
  [
    [8, 28, 28, 128],
    [5, 5, 128, 128],
  ],
  [
    [8, 28, 28, 256],
    [1, 1, 256, 256],
  ],
  [
    [8, 56, 56, 256],
    [1, 1, 256, 256],
  ],
];

/** Operations in a second. The least time of many counts, for other programs only ever take time away. */
export function bestRate(repeats = 30): number {
  return Math.max(...shapes.map(([x, filter]) => rate(x, filter, repeats)));
}

function rate(xShape: Sides, filterShape: Sides, repeats: number): number {
  const [kernel, , channels] = filterShape;
  return tf.tidy(() => {
    // A convolution's result, so that an engine in bf16 has it as its layers have it.
    const x = tf.conv2d(tf.fill(xShape, 0.5) as tf.Tensor4D, tf.fill([1, 1, channels, channels], 1 / channels), 1, 0);
    const filter: tf.Tensor4D = tf.fill(filterShape, 0.5);
    const operations = 2 * tf.util.sizeFromShape(xShape) * filterShape[3] * kernel * kernel;
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < repeats; run++) {
      const begin = performance.now();
      tf.conv2d(x, filter, 1, kernel >> 1).dispose();
      least = Math.min(least, performance.now() - begin);
    }
    return operations / (least / 1000);
  });
}
