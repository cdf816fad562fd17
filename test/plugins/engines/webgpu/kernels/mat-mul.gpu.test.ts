import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, startGpu } from "../../../../support/gpu.js";
import { greatestDifference, random } from "../../../../support/gpu-sums.js";

describe.skipIf(!hasGpu)("matrix products on the engine webgpu", () => {
  beforeAll(startGpu);

  /** Sizes that tiles divide, that fours divide, and that nothing divides; few numbers in the result of many; vectors. */
  const sizes = [
    [64, 32, 32],
    [20, 36, 24],
    [37, 19, 23],
    [8, 3000, 5],
    [1, 7, 1],
    [3, 1, 130],
  ] as const;

  test.each(
    sizes.flatMap((size) => [
      [...size, false, false] as const,
      [...size, true, false] as const,
      [...size, false, true] as const,
      [...size, true, true] as const,
    ]),
  )("%ix%i times %i columns, transposed: %s, %s", async (m, k, n, transposeA, transposeB) => {
    const a = random(1, transposeA ? [k, m] : [m, k]);
    const b = random(2, transposeB ? [n, k] : [k, n]);
    expect(await greatestDifference([a, b], (a, b) => tf.matMul(a, b, transposeA, transposeB))).toBeLessThan(2e-6);
  });
});
