import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, randomInput, runOn } from "./kernels.js";

const batches = [
  { a: [], b: [] },
  { a: [1], b: [1] },
  { a: [3], b: [3] },
  { a: [4], b: [1] },
  { a: [1], b: [4] },
  { a: [2, 3], b: [2, 3] },
];
const sizes = [
  [1, 1, 1],
  [5, 7, 3],
  [33, 18, 65],
  [2, 0, 3],
];
const cases = batches.flatMap(({ a, b }) =>
  sizes.flatMap(([rows, inner, columns]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({
        a: [...a, ...(transposeA ? [inner, rows] : [rows, inner])] as number[],
        b: [...b, ...(transposeB ? [columns, inner] : [inner, columns])] as number[],
        transposeA,
        transposeB,
      })),
    ),
  ),
);

describe("matrix products on wasm", () => {
  test.each(cases)("equal cpu's: $a x $b, transposed $transposeA and $transposeB", async (one) => {
    const { a, b, ...attributes } = one;
    const inputs = { a: randomInput(a, 1), b: randomInput(b, 2) };
    const run = (backend: "cpu" | "wasm") => runOn(backend, tf.BatchMatMul, inputs, attributes);
    expectClose(await run("wasm"), await run("cpu"));
  });

  test("are right when one tensor is the right-hand side in two shapes", async () => {
    await startWasm();
    tf.tidy(() => {
      const values = tf.range(0, 12);
      const product = (shape: [number, number]) =>
        tf.matMul<tf.Tensor2D>(tf.ones([1, shape[0]]), values.reshape(shape)).dataSync();
      expect(Array.from(product([3, 4]))).toEqual([12, 15, 18, 21]);
      expect(Array.from(product([2, 6]))).toEqual([6, 8, 10, 12, 14, 16]);
    });
  });

  test.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const)(
    "take a bias and %s, as on cpu",
    async (activation) => {
      const inputs = {
        a: randomInput([4, 3], 1),
        b: randomInput([3, 5], 2),
        bias: randomInput([5], 3),
        ...(activation === "prelu" ? { preluActivationWeights: randomInput([5], 4) } : {}),
      };
      const attributes = { transposeA: false, transposeB: false, activation, leakyreluAlpha: 0.3 };
      const run = (backend: "cpu" | "wasm") => runOn(backend, tf._FusedMatMul, inputs, attributes);
      expectClose(await run("wasm"), await run("cpu"));
    },
  );
});
