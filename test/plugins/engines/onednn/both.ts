/** Runs the same computation on tfjs' `cpu` backend and on `onednn`, and compares what comes out. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { hasOnednn } from "../../../support/engines.js";

export const available = hasOnednn;

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

/** A small generator, so that tests do not depend on each other's order. */
export function numbers(count: number, seed = 1, low = -1, high = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
}

export function random(shape: number[], seed = 1, low = -1, high = 1): tf.Tensor {
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), seed, low, high), shape);
}

type Compute = () => tf.Tensor | tf.Tensor[];

export async function resultsOn(backend: "cpu" | "onednn", compute: Compute): Promise<Result[]> {
  if (backend === "onednn") await startOnednn();
  else await tf.setBackend("cpu");
  return tf.tidy(() => {
    const outputs = compute();
    return (Array.isArray(outputs) ? outputs : [outputs]).map((tensor) => ({
      shape: tensor.shape,
      dtype: tensor.dtype,
      values: [...tensor.dataSync()],
    }));
  });
}

/** Expects shapes and dtypes to be equal and values to differ by less than `tolerance` of their size. */
export async function expectSame(compute: Compute, tolerance = 1e-5): Promise<void> {
  const expected = await resultsOn("cpu", compute);
  const received = await resultsOn("onednn", compute);
  expect(received.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  received.forEach(({ values }, output) => {
    const wanted = expected[output]?.values ?? [];
    const scale = wanted.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 1);
    values.forEach((value, i) => {
      const reference = wanted[i] as number;
      const isEqual =
        Object.is(value, reference) || value === reference || Math.abs(value - reference) <= tolerance * scale;
      if (!isEqual)
        expect(`value ${i} of output ${output}: ${value}`).toBe(`value ${i} of output ${output}: ${reference}`);
    });
  });
}
