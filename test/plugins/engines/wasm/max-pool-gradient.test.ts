import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { expectClose, type Input, randomInput, runOn } from "./kernels.js";

const cases = [
  { x: [2, 8, 8, 3], filterSize: 2, strides: 2, pad: "valid" },
  { x: [2, 9, 7, 3], filterSize: 3, strides: 2, pad: "same" },
  { x: [2, 9, 7, 3], filterSize: 3, strides: 2, pad: 1 },
  { x: [1, 9, 7, 5], filterSize: 3, strides: 1, pad: "same" },
  { x: [1, 5, 5, 1], filterSize: [2, 3], strides: [1, 2], pad: "valid" },
  { x: [1, 6, 6, 2], filterSize: 2, strides: 3, pad: "valid" },
  { x: [3, 1, 1, 4], filterSize: 1, strides: 1, pad: "valid" },
] as const;

async function compare(x: Input, { filterSize, strides, pad }: Omit<(typeof cases)[number], "x">, seed = 2) {
  const shape = x.shape as [number, number, number, number];
  const size = filterSize as number;
  const info = tf.backend_util.computePool2DInfo(shape, size, strides as number, 1, pad as number);
  const inputs = { dy: randomInput(info.outShape, seed), input: x, output: randomInput(info.outShape) };
  const run = (backend: "cpu" | "wasm") => runOn(backend, tf.MaxPoolGrad, inputs, { filterSize, strides, pad });
  expectClose(await run("wasm"), await run("cpu"));
}

describe("the gradient of max pooling on wasm", () => {
  test.each(cases)("equals cpu's: $x, window $filterSize, strides $strides, pad $pad", (one) =>
    compare(randomInput(one.x), one),
  );

  test.each(cases)("equals cpu's where every value is negative: $x, window $filterSize, pad $pad", (one) => {
    const { shape, values } = randomInput(one.x);
    return compare({ shape, values: Float32Array.from(values, (value) => value - 2) }, one);
  });

  test.each(cases)("gives ties to the same pixel as cpu: $x, window $filterSize, pad $pad", (one) => {
    const { shape, values } = randomInput(one.x);
    return compare({ shape, values: Float32Array.from(values, (value) => Math.round(value)) }, one);
  });

  test("sends nothing anywhere from a window of NaN", async () => {
    const input = { shape: [1, 2, 2, 1], values: new Float32Array(4).fill(Number.NaN) };
    const dy = randomInput([1, 1, 1, 1]);
    const attributes = { filterSize: 2, strides: 2, pad: "valid" };
    const [dx] = await runOn("wasm", tf.MaxPoolGrad, { dy, input, output: dy }, attributes);
    expect(Array.from(dx?.values ?? [])).toEqual([0, 0, 0, 0]);
  });
});
