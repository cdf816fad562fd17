/** Compares sums of products that an engine computed with the JavaScript backend's, within what rounding explains. */
import * as tf from "@tensorflow/tfjs";
import { onBoth } from "./gpu.js";

/**
 * The greatest difference between the GPU's results and the JavaScript backend's, relative to the sum of magnitudes: what
 * the same computation comes to for the absolute values of its inputs. Where either is NaN, both must be.
 *
 * @param compute linear in each of the inputs
 */
export async function greatestDifference(
  inputs: readonly Values[],
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
): Promise<number> {
  const given = (change: (value: number) => number) => () =>
    compute(...inputs.map(({ values, shape }) => tf.tensor(values.map(change), shape)));
  const [result] = await onBoth(given((value) => value));
  await tf.setBackend("cpu");
  const magnitudes = tf.tidy(given(Math.abs)).dataSync();
  const { gpu, cpu } = result as { gpu: Float32Array; cpu: Float32Array };
  if (gpu.length !== cpu.length) throw new Error(`${gpu.length} values on the GPU, ${cpu.length} in JavaScript`);
  return cpu.reduce((greatest, expected, at) => {
    const value = gpu[at] as number;
    if (Number.isNaN(expected) && Number.isNaN(value)) return greatest;
    const size = magnitudes[at] as number;
    const off = Math.abs(value - expected) / Math.max(size, 1e-30);
    return Math.max(greatest, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off);
  }, 0);
}

/** Of a tensor that every backend makes for itself. */
export interface Values {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** Values from −1 to 1. */
export function random(seed: number, shape: number[]): Values {
  let state = seed;
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    // The generator of "Minimal Standard", 1988.
    state = (state * 48_271) % 2_147_483_647;
    return state / 1_073_741_824 - 1;
  });
  return { shape, values };
}

/** The same values, but NaN at one place. */
export function withNan({ values, shape }: Values, at: number): Values {
  return { shape, values: values.map((value, index) => (index === at ? Number.NaN : value)) };
}

/** On the backend that is active. */
export function tensorOf({ values, shape }: Values): tf.Tensor {
  return tf.tensor(values, shape);
}
