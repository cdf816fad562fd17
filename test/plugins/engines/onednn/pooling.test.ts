import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startCpu } from "../../../../plugins/engines/cpu.js";
import { available, expectSame, numbers, random, resultsOn } from "./both.js";

describe.skipIf(!available)("pooling and resizing on onednn", () => {
  type Case = [shape: number[], size: number, stride: number, pad: "same" | "valid" | number];
  const pools: Case[] = [
    [[2, 8, 8, 3], 2, 2, "valid"],
    [[2, 9, 7, 5], 3, 2, "same"],
    [[1, 8, 8, 20], 3, 2, 1],
    [[2, 5, 5, 300], 3, 1, "same"],
    [[9, 6, 6, 2], 6, 1, "valid"],
    [[1, 4, 4, 3], 1, 1, "valid"],
  ];
  test.each(pools)("pools %j by %i, stride %i, padding %j", async (shape, size, stride, pad) => {
    await expectSame(() => {
      const x = random(shape, 1) as tf.Tensor4D;
      return [tf.maxPool(x, size, stride, pad), tf.avgPool(x, size, stride, pad)];
    });
  });

  test.each(pools)("has tfjs' gradients: %j by %i, stride %i, padding %j", async (shape, size, stride, pad) => {
    await expectSame(() =>
      [tf.maxPool, tf.avgPool].map((pool) =>
        tf.grad((x: tf.Tensor) =>
          pool(x as tf.Tensor4D, size, stride, pad)
            .square()
            .sum(),
        )(random(shape, 1)),
      ),
    );
  });

  test("gives the gradient of equal maxima to the first", async () => {
    await expectSame(() =>
      tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1).sum())(tf.zeros([1, 7, 7, 2])),
    );
  });

  test.each([3, 8, 16, 29])(
    "finds maxima beside NaNs and infinities, and NaN where there is no other, of %i channels",
    async (c) => {
      // By itself tfjs gives -Infinity for nothing but NaN.
      await startCpu();
      await expectSame(() => {
        const values = numbers(9 * 9 * c, 3);
        const special = [Number.NaN, Number.NEGATIVE_INFINITY, -0, Number.POSITIVE_INFINITY];
        values.forEach((value, i) => {
          if (value < 0.3) values[i] = special[i % 11] ?? value;
        });
        // A corner of NaNs, and beside it one of -Infinity: windows that see no number.
        for (let y = 0; y < 4; y++) {
          values.fill(Number.NaN, y * 9 * c, (y * 9 + 4) * c);
          values.fill(Number.NEGATIVE_INFINITY, (y * 9 + 5) * c, (y * 9 + 9) * c);
        }
        const x = tf.tensor4d(values, [1, 9, 9, c]);
        return [tf.maxPool(x, 3, 2, 1), tf.maxPool(x, 2, 2, "valid")];
      });
    },
  );

  const resizes: [number, number, boolean, boolean][] = [
    [16, 12, false, false],
    [16, 12, true, false],
    [5, 4, false, true],
    [3, 20, false, false],
    [1, 1, true, false],
  ];
  test.each(resizes)("resizes to %i × %i (corners %j, half pixels %j)", async (height, width, corners, half) => {
    await expectSame(() =>
      tf.image.resizeBilinear(random([2, 8, 7, 3], 1) as tf.Tensor4D, [height, width], corners, half),
    );
  });

  test.each(resizes.filter(([, , , half]) => !half))(
    "has tfjs' gradient to %i × %i (corners %j, %j)",
    async (height, width, corners, half) => {
      await expectSame(() =>
        tf.grad((x: tf.Tensor) =>
          tf.image
            .resizeBilinear(x as tf.Tensor4D, [height, width], corners, half)
            .square()
            .sum(),
        )(random([2, 8, 8, 3], 1)),
      );
    },
  );

  test("the gradient of a resize by half pixels is its transpose", async () => {
    const [result] = await resultsOn("onednn", () => {
      const [x, dy] = [random([1, 5, 6, 2], 1) as tf.Tensor4D, random([1, 9, 4, 2], 2) as tf.Tensor4D];
      const resize = (image: tf.Tensor) => tf.image.resizeBilinear(image as tf.Tensor4D, [9, 4], false, true);
      // ⟨resize(x), dy⟩ = ⟨x, gradient(dy)⟩, for a resize is linear.
      return tf.stack([resize(x).mul(dy).sum(), tf.grad(resize)(x, dy).mul(x).sum()]);
    });
    expect(result?.values[0]).toBeCloseTo(result?.values[1] as number, 4);
  });
});
