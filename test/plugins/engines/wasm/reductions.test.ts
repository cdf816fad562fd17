import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, randomInput, runOn } from "./kernels.js";

const cases = [
  { shape: [], axes: [] },
  { shape: [7], axes: [0] },
  { shape: [4, 5], axes: [] },
  { shape: [4, 5], axes: [0] },
  { shape: [4, 5], axes: [1] },
  { shape: [3, 4, 5, 6], axes: [0, 1, 2] },
  { shape: [3, 4, 5, 6], axes: [1, 2] },
  { shape: [3, 4, 5, 6], axes: [3] },
  { shape: [3, 4, 5, 6], axes: [0, 2] },
  { shape: [3, 4, 5, 6], axes: [3, 0] },
  { shape: [3, 4, 5, 6], axes: [0, 1, 2, 3] },
  { shape: [5, 1, 3, 1], axes: [0, 3] },
  { shape: [1, 1, 3, 1], axes: [0] },
  { shape: [200, 3, 2], axes: [1] },
  { shape: [2, 70, 300], axes: [1] },
];

describe.each([tf.Sum, tf.Mean])("%s on wasm", (kernel) => {
  test.each(cases)("equals cpu's: $shape over $axes", async ({ shape, axes }) => {
    for (const keepDims of [false, true]) {
      const inputs = { x: randomInput(shape) };
      const run = (backend: "cpu" | "wasm") => runOn(backend, kernel, inputs, { axis: axes, keepDims });
      expectClose(await run("wasm"), await run("cpu"));
    }
  });

  test("takes integers", async () => {
    const inputs = { x: { shape: [2, 3], values: [1, 2, 3, 4, 5, 7], dtype: "int32" as const } };
    const run = (backend: "cpu" | "wasm") => runOn(backend, kernel, inputs, { axis: [1], keepDims: false });
    expectClose(await run("wasm"), await run("cpu"));
  });
});

describe("a long sum on wasm", () => {
  test("keeps the digits of a float", async () => {
    await startWasm();
    tf.tidy(() => {
      const many = tf.fill([1000, 1000], 0.1);
      const exact = 1e6 * Math.fround(0.1);
      for (const sum of [many.sum(), many.sum(0).sum(), many.sum(1).sum(), many.mean().mul(1e6)]) {
        expect(Math.abs((sum.dataSync()[0] as number) / exact - 1)).toBeLessThan(1e-6);
      }
    });
  });
});
