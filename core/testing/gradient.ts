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
  options: GradientCheckOptions = {},
): number {
  const work = compare(compute, inputs, options);
  let next = work.next();
  while (!next.done) next = work.next(next.value.dataSync().slice());
  return next.value;
}

/** The same on an engine that is read from asynchronously alone, as `webgpu` is in Node. */
export async function awaitedGradientError(
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions = {},
): Promise<number> {
  const work = compare(compute, inputs, options);
  let next = work.next();
  while (!next.done) next = work.next((await next.value.data()).slice());
  return next.value;
}

type Values = ArrayLike<number>;

/** Yields tensors, and goes on with their values. */
function* compare(
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { step = 0.01, samples = 50, seed = 0 }: GradientCheckOptions,
): Generator<tf.Tensor, number, Values> {
  const random = createRandom(seed);
  const size = tf.tidy(() => compute(...inputs).size);
  const weights = random.normals(size);
  const gradients = tf.tidy(() =>
    tf.grads((...tensors) =>
      compute(...tensors)
        .reshape([size])
        .mul(tf.tensor1d(weights))
        .sum(),
    )([...inputs]),
  );
  const errors: number[] = [];
  for (const [position, input] of inputs.entries()) {
    const analytic = yield* valuesOf(gradients[position] as tf.Tensor);
    const values = yield input;
    const places = random.permutation(values.length).slice(0, samples);
    const numeric: number[] = [];
    for (const index of places) {
      const sums: number[] = [];
      // What float32 makes of the moved value, not what was asked for.
      const moved = [1, -1].map((side) => Math.fround((values[index] as number) + side * step));
      for (const value of moved) {
        const output = tf.tidy(() => {
          const other = tf.tensor(Float32Array.from(values).fill(value, index, index + 1), input.shape);
          return compute(...inputs.map((one, at) => (at === position ? other : one))).clone();
        });
        sums.push(weightedSum(yield* valuesOf(output), weights));
      }
      const [above = 0, below = 0] = sums;
      numeric.push((above - below) / ((moved[0] as number) - (moved[1] as number)));
    }
    errors.push(relativeDifference(places, numeric, analytic));
  }
  return Math.max(...errors);
}

/** Of a tensor that is freed when it has been read. */
function* valuesOf(tensor: tf.Tensor): Generator<tf.Tensor, Values, Values> {
  const values = yield tensor;
  tensor.dispose();
  return values;
}

/** In double precision: summed in float32, the difference of two such sums would be noise. */
function weightedSum(values: Values, weights: Float32Array): number {
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
