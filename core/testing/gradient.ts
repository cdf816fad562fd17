/** Compares gradients with finite differences. */
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../values/random.js";

export interface GradientCheckOptions {
  /** How far each value is moved to both sides. Default 0.01, the best for float32 and values around 1. */
  readonly step?: number;
  /** Values tried of each input, at random places. Default 50. */
  readonly samples?: number;
  /** Of the places, and of the weights that turn the output into one number. Default 0. */
  readonly seed?: number;
}

/**
 * The largest difference between a function's gradient and its finite differences, relative to the largest of these; over
 * all inputs. About 1e-3 for a correct gradient in float32; about 1 for a wrong one; infinite for one that is not finite.
 *
 * Keep the values away from kinks (the 0 of a ReLU, equal values in a maximum) by more than `step`.
 *
 * @param compute a function of tensors; its output may have any shape
 * @param inputs where to differentiate; they are not changed
 * @example expect(gradientError((x) => gelu(x), [tf.randomNormal([3, 4])])).toBeLessThan(5e-3);
 */
export function gradientError(
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { step = 0.01, samples = 50, seed = 0 }: GradientCheckOptions = {},
): number {
  const random = createRandom(seed);
  const size = tf.tidy(() => compute(...inputs).size);
  const weights = random.normals(size);
  const gradients = tf.tidy(() =>
    tf
      .grads((...tensors) =>
        compute(...tensors)
          .reshape([size])
          .mul(tf.tensor1d(weights))
          .sum(),
      )([...inputs])
      .map((gradient) => gradient.dataSync().slice()),
  );
  const errors = inputs.map((input, position) => {
    const values = input.dataSync().slice();
    const valueAt = (index: number, value: number) =>
      tf.tidy(() => {
        const moved = tf.tensor(Float32Array.from(values).fill(value, index, index + 1), input.shape);
        return weightedSum(
          compute(...inputs.map((other, at) => (at === position ? moved : other))).dataSync(),
          weights,
        );
      });
    const places = random.permutation(values.length).slice(0, samples);
    const numeric = places.map((index) => {
      // What float32 makes of the moved value, not what was asked for.
      const [above, below] = [
        Math.fround((values[index] as number) + step),
        Math.fround((values[index] as number) - step),
      ];
      return (valueAt(index, above) - valueAt(index, below)) / (above - below);
    });
    return { places, numeric, analytic: gradients[position] as ArrayLike<number> };
  });
  return Math.max(...errors.map(({ places, numeric, analytic }) => relativeDifference(places, numeric, analytic)));
}

/** In double precision: summed in float32, the difference of two such sums would be noise. */
function weightedSum(values: ArrayLike<number>, weights: Float32Array): number {
  return weights.reduce((sum, weight, index) => sum + weight * (values[index] as number), 0);
}

function relativeDifference(
  places: readonly number[],
  numeric: readonly number[],
  analytic: ArrayLike<number>,
): number {
  const largest = Math.max(...numeric.map(Math.abs), 1e-6);
  const differences = places.map((place, index) => Math.abs((analytic[place] as number) - (numeric[index] as number)));
  const worst = Math.max(...differences);
  return Number.isFinite(worst) ? worst / largest : Number.POSITIVE_INFINITY;
}
