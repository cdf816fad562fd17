import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, onBoth, startGpu } from "../../../../support/gpu.js";
import { greatestDifference, random, tensorOf, withNan } from "../../../../support/gpu-sums.js";

describe.skipIf(!hasGpu)("matrix products on the engine webgpu", () => {
  beforeAll(startGpu);

  /** Sizes that tiles divide, and that nothing divides; few numbers in the result of many; a depth of one. */
  const sizes = [
    [64, 32, 32],
    [37, 19, 23],
    [8, 3000, 5],
    [3, 1, 130],
  ] as const;
  const turns = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;

  test.each(sizes.flatMap((size) => turns.map((turn) => [...size, ...turn] as const)))(
    "%i×%i times %i columns, transposed: %s, %s",
    async (m, k, n, transposeA, transposeB) => {
      const a = random(1, transposeA ? [k, m] : [m, k]);
      const b = random(2, transposeB ? [n, k] : [k, n]);
      expect(await greatestDifference([a, b], (a, b) => tf.matMul(a, b, transposeA, transposeB))).toBeLessThan(2e-6);
    },
  );

  test.each([
    ["alike", [3, 5, 7], [3, 7, 6]],
    ["one matrix for all rows of a batch", [2, 3, 4, 5], [5, 8]],
    ["one matrix before a batch", [4, 5], [3, 5, 8]],
    ["a batch that another ends in", [2, 3, 4, 5], [3, 5, 6]],
  ])("batches: %s", async (_, a, b) => {
    const inputs = [random(1, a), random(2, b)];
    expect(await greatestDifference(inputs, (a, b) => tf.matMul(a, b))).toBeLessThan(2e-6);
  });

  test.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const)(
    "a bias and %s follow in the same pass",
    async (activation) => {
      const [a, b, bias] = [random(1, [9, 40]), random(2, [40, 6]), random(3, [6])];
      const [result] = await onBoth(() =>
        tf.fused.matMul({
          a: tf.tensor2d(a.values, [9, 40]),
          b: tf.tensor2d(b.values, [40, 6]),
          bias: tf.tensor1d(bias.values),
          activation,
          leakyreluAlpha: 0.3,
        }),
      );
      const far = result?.cpu.reduce((most, value, at) => Math.max(most, Math.abs(value - (result.gpu[at] ?? 9))), 0);
      expect(far).toBeLessThan(1e-5);
    },
  );

  test.each(["linear", "relu", "relu6"] as const)("NaN stays NaN in its row, also through %s", async (activation) => {
    const inputs = [withNan(random(1, [37, 19]), 30), random(2, [19, 23])];
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.fused.matMul({ a, b, activation });
    const [result] = await onBoth(() => product(...(inputs.map(tensorOf) as [tf.Tensor, tf.Tensor])));
    const places = (values: Float32Array = new Float32Array()) => Array.from(values, Number.isNaN);
    expect(places(result?.gpu)).toEqual(places(result?.cpu));
    expect(places(result?.cpu).filter(Boolean)).toHaveLength(23);
  });

  test("the same bytes come of the same numbers, also where the depth is cut", async () => {
    const inputs = [random(1, [8, 3000]), random(2, [3000, 5])];
    const product = () => tf.matMul(...(inputs.map(tensorOf) as [tf.Tensor, tf.Tensor]));
    const [first, second] = [await onBoth(product), await onBoth(product)];
    expect(first[0]?.gpu).toEqual(second[0]?.gpu);
  });
});
