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
    probabilities.set(softmaxOf(row(image)), image * classes);
  }
  return probabilities;
}

/** Of the logits of one image, in double precision. */
export function softmaxOf(logits: Float32Array): Float64Array {
  const highest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return inShares(Float64Array.from(logits, (value) => Math.exp(value - highest)));
}

/** Scores that are no logits, such as votes: their shares of the whole. */
export function inShares(scores: Float64Array): Float64Array {
  const total = scores.reduce((sum, score) => sum + score, 0);
  return scores.map((score) => score / total);
}
