/** What bf16 holds, computed without the engine. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { random } from "./both.js";

/** To the nearest bf16, of two alike the even one. */
export function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number;
    if (!Number.isNaN(values[i])) bits[i] = (value + 0x7fff + ((value >>> 16) & 1)) & 0xffff0000;
  }
  return new Float32Array(bits.buffer);
}

/** Numbers that bf16 has. */
export function randomBf16(shape: number[], seed: number): tf.Tensor {
  const made = random(shape, seed);
  const values = rounded(made.dataSync() as Float32Array);
  made.dispose();
  return tf.tensor(values, shape);
}

/** One unit in the last place of a bf16, which a sum in another order may tip over. */
export const unit = 2 ** -7;

export type Compute = () => tf.Tensor[];

export function valuesOn(backend: "cpu" | "onednn", compute: Compute): Promise<Float32Array[]> {
  return tf.setBackend(backend).then(() => tf.tidy(() => compute().map((made) => made.dataSync() as Float32Array)));
}

/** Expects each value to be that of the sums in f32, rounded to bf16 at the most. */
export async function expectRounded(compute: Compute): Promise<void> {
  const [wanted, made] = [await valuesOn("cpu", compute), await valuesOn("onednn", compute)];
  expect(made.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  for (const [output, values] of wanted.entries()) expectNear(made[output] as Float32Array, values, output);
}

/** Expects values to be those that are wanted, rounded to bf16 at the most, and `further` by so much of the greatest. */
export function expectNear(made: Float32Array, wanted: ArrayLike<number>, output = 0, further = 1e-5): void {
  const values = Array.from(wanted);
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  values.forEach((value, i) => {
    const received = made[i] as number;
    const isNear = Math.abs(received - value) <= unit * Math.abs(value) + further * scale;
    if (!isNear) expect(`value ${i} of output ${output}: ${received}`).toBe(`value ${i} of output ${output}: ${value}`);
  });
}
