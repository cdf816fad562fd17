/** What a model said of a batch, from the numbers that the device gave. */
import type { Scores } from "./metric.js";

/**
 * @param logits `[images, classes]`, row by row
 * @param labels `[images]`: positions of the true classes
 * @param indices `[images]`: positions in the split
 */
export function scoresOf(logits: Float32Array, labels: Int32Array, indices: readonly number[]): Scores {
  const images = labels.length;
  const classes = images === 0 ? 0 : logits.length / images;
  const row = (image: number) => logits.subarray(image * classes, (image + 1) * classes);
  let probabilities: Float64Array | undefined;
  return {
    images,
    classes,
    logits,
    get probabilities() {
      probabilities ??= softmax(images, classes, row);
      return probabilities;
    },
    predictions: Int32Array.from({ length: images }, (_, image) => largest(row(image))),
    labels,
    indices,
  };
}

/** Of equals the first, as `tf.argMax` has it. */
function largest(values: Float32Array): number {
  let at = 0;
  for (let other = 1; other < values.length; other++)
    if ((values[other] as number) > (values[at] as number)) at = other;
  return at;
}

function softmax(images: number, classes: number, row: (image: number) => Float32Array): Float64Array {
  const probabilities = new Float64Array(images * classes);
  for (let image = 0; image < images; image++) {
    const values = row(image);
    const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const shares = Float64Array.from(values, (value) => Math.exp(value - highest));
    const total = shares.reduce((sum, share) => sum + share, 0);
    probabilities.set(
      shares.map((share) => share / total),
      image * classes,
    );
  }
  return probabilities;
}
