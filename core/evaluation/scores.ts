/** What a model said of a batch, from the numbers that the device gave. */
import type { Ensembler } from "../registries/entry.js";
import type { Scores } from "./metric.js";

/**
 * @param logits `[images, classes]`, row by row
 * @param labels `[images]`: positions of the true classes
 * @param indices `[images]`: positions in the split
 * @param given what stands in the place of logits. Default: these
 * @param temperature as `probabilitiesOf` takes it
 */
export function scoresOf(
  logits: Float32Array,
  labels: Int32Array,
  indices: readonly number[],
  given?: Given,
  temperature?: number,
): Scores {
  const images = labels.length;
  const classes = images === 0 ? 0 : logits.length / images;
  const row = (image: number) => logits.subarray(image * classes, (image + 1) * classes);
  let probabilities: Float64Array | undefined;
  return {
    images,
    classes,
    logits,
    get probabilities() {
      if (probabilities) return probabilities;
      probabilities = new Float64Array(images * classes);
      for (let image = 0; image < images; image++)
        probabilities.set(probabilitiesOf(row(image), given, temperature), image * classes);
      return probabilities;
    },
    predictions: Int32Array.from({ length: images }, (_, image) => largest(row(image))),
    labels,
    indices,
  };
}

/** Its position; of equals the first, as `tf.argMax` has it. */
export function largest(values: Float32Array | Float64Array): number {
  let at = 0;
  for (let other = 1; other < values.length; other++)
    if ((values[other] as number) > (values[at] as number)) at = other;
  return at;
}

/** What scores are: logits, or shares of a whole such as votes. */
type Given = Ensembler["gives"];

/**
 * Of one image's scores, in double precision.
 *
 * @param temperature logits are divided by it, and shares take its inverse as exponent. Default 1
 */
export function probabilitiesOf(scores: Float32Array, given: Given = "logits", temperature = 1): Float64Array {
  if (given === "shares") return inShares(Float64Array.from(scores, (share) => share ** (1 / temperature)));
  const highest = scores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return inShares(Float64Array.from(scores, (value) => Math.exp((value - highest) / temperature)));
}

function inShares(scores: Float64Array): Float64Array {
  const total = scores.reduce((sum, score) => sum + score, 0);
  return scores.map((score) => score / total);
}
