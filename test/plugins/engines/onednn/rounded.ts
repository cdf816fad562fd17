/** What bf16 holds, computed without the engine. */
import * as tf from "@tensorflow/tfjs";
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
