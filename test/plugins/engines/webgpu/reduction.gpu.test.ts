import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, onBoth, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const reductions = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min } as const;

const cases: readonly (readonly [shape: readonly number[], axes: readonly number[] | undefined])[] = [
  [[4, 6], [1]],
  [[4, 6], [0]],
  [[300, 5], [0]],
  [
    [2, 3, 4, 5],
    [1, 2],
  ],
  [
    [2, 3, 4, 8],
    [0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [[2, 1, 4], [1]],
  [[3, 5, 7], undefined],
  [[], undefined],
];

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(Object.keys(reductions) as (keyof typeof reductions)[])(
    "a %s over any axes is that of the JavaScript backend, of what is no number too",
    async (name) => {
      const apply = reductions[name];
      await expectSame(
        () =>
          cases.flatMap(([shape, axes]) =>
            [normals, withHoles].flatMap((make) => [
              apply(make(shape), axes && [...axes]),
              apply(make(shape).sub(9), axes && [...axes], true),
            ]),
          ),
        3e-6,
      );
    },
  );

  test("a sum of many values loses no digits, whichever way they lie", async () => {
    const count = 40_000;
    const exact = count * Math.fround(0.1);
    const sums = await onBoth(() => [
      tf.fill([count], 0.1).sum(),
      tf.fill([count, 3], 0.1).sum(0),
      tf.fill([2, count], 0.1).sum(1),
      tf.fill([count], 0.1).mean().mul(count),
    ]);
    for (const { gpu } of sums) for (const value of gpu) expect(Math.abs(value - exact) / exact).toBeLessThan(1e-6);
  });
});
