/** Runs one kernel on tfjs' `cpu` and on `wasm` with our kernels, from the same numbers. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";

export interface Input {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly dtype?: "float32" | "int32" | "bool";
}

/** A reproducible stream of numbers in [-1, 1). */
function numbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}

export function randomInput(shape: readonly number[], seed = 1): Input {
  const next = numbers(seed * 7919);
  return { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next) };
}

export type Outputs = readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];

/** The kernel's results on `backend`; fails if it leaves a tensor or a buffer behind. */
export async function runOn(
  backend: "cpu" | "wasm",
  kernel: string,
  inputs: Readonly<Record<string, Input>>,
  attributes: object,
): Promise<Outputs> {
  if (backend === "wasm") await startWasm();
  else await startCpu();
  const before = { tensors: tf.memory().numTensors, buffers: tf.backend().numDataIds() };
  const outputs = tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { values, shape, dtype }]) => [
        name,
        tf.tensor(Array.from(values), [...shape], dtype ?? "float32"),
      ]),
    );
    const results = tf.engine().runKernel(kernel, tensors, attributes as tf.NamedAttrMap) as unknown as
      | tf.Tensor
      | tf.Tensor[];
    return [results].flat().map((result) => ({
      shape: result.shape,
      values: Float32Array.from(result.dataSync()),
    }));
  });
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(tf.backend().numDataIds()).toBe(before.buffers);
  return outputs;
}

async function startCpu(): Promise<void> {
  // Otherwise it advertises another backend on first use.
  Object.assign(tf.findBackend("cpu") ?? {}, { firstUse: false });
  await tf.setBackend("cpu");
}

/** Expects equal shapes, and values within `tolerance` of the largest one. */
export function expectClose(actual: Outputs, expected: Outputs, tolerance = 1e-5): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  actual.forEach(({ values }, index) => {
    const reference = (expected[index] as Outputs[number]).values;
    let scale = 1;
    let worst = 0;
    for (const value of reference) scale = Math.max(scale, Math.abs(value));
    for (let at = 0; at < values.length; at++) {
      const difference = Math.abs((values[at] as number) - (reference[at] as number));
      if (!(difference <= worst)) worst = difference;
    }
    expect(worst / scale).toBeLessThanOrEqual(tolerance);
  });
}
