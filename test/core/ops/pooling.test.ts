import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { adaptiveAveragePool, globalAveragePool, globalMaxPool, maxPool } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

/** Values far enough apart that no finite difference changes which of them is the largest. */
function spread(shape: [number, number, number, number]): tf.Tensor4D {
  const size = tf.util.sizeFromShape(shape);
  const order = createRandom("pool").permutation(size);
  return tf.tensor4d(
    order.map((place) => place * 0.1 - size * 0.06),
    shape,
  );
}

describe.each(engineNames)("pooling on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("takes the largest value of each window, never the padding", () => {
    const x = tf.tensor4d([-4, -3, -2, -1], [1, 2, 2, 1]);
    expect(maxPool(x)).toBeAllclose([[[[-1]]]]);
    const rising = tf.range(0, 25).sub(100).reshape([1, 5, 5, 1]) as tf.Tensor4D;
    expect(maxPool(rising)).toBeAllclose([
      [
        [[-94], [-92], [-91]],
        [[-84], [-82], [-81]],
        [[-79], [-77], [-76]],
      ],
    ]);
  });

  test("has PyTorch's output sides", () => {
    const sides = [1, 2, 7, 8, 56, 57].map((side) => maxPool(tf.ones([1, side, side, 1])).shape[1]);
    expect(sides).toEqual([1, 1, 4, 4, 28, 29]);
  });

  test.each([
    ["max pool", (x: tf.Tensor) => maxPool(x as tf.Tensor4D)],
    ["max pool without padding", (x: tf.Tensor) => maxPool(x as tf.Tensor4D, { size: 2, stride: 2, padding: 0 })],
    ["global max pool", (x: tf.Tensor) => globalMaxPool(x as tf.Tensor4D)],
    ["global average pool", (x: tf.Tensor) => globalAveragePool(x as tf.Tensor4D)],
    ["adaptive average pool", (x: tf.Tensor) => adaptiveAveragePool(x as tf.Tensor4D, [3, 4])],
  ])("%s has the gradient that finite differences give", (_, pool) => {
    expect(gradientError(pool, [spread([2, 5, 6, 3])])).toBeLessThan(2e-3);
  });

  test("pools globally to one value per image and channel", () => {
    const x = tf.tensor4d([1, -1, 2, -2, 3, -3, 6, -6], [1, 2, 2, 2]);
    expect(globalMaxPool(x)).toBeAllclose([[6, -1]]);
    expect(globalAveragePool(x)).toBeAllclose([[3, -3]]);
  });

  test("averages over a grid of windows, which overlap where the sides do not divide", () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 5, 1]);
    const pooled = adaptiveAveragePool(x, [1, 2]);
    expect(pooled).toBeAllclose(tf.tensor4d([(1 + 2 + 3 + 6 + 7 + 8) / 6, (3 + 4 + 5 + 8 + 9 + 10) / 6], [1, 1, 2, 1]));
    expect(adaptiveAveragePool(x, [2, 5])).toBeAllclose(x);
    expect(adaptiveAveragePool(tf.ones([1, 1, 1, 2]), [7, 7])).toBeAllclose(tf.ones([1, 7, 7, 2]));
  });

  test("gives the gradient to one of several equal values", () => {
    const x = tf.ones([1, 3, 4, 2]) as tf.Tensor4D;
    expect(
      tf
        .grad((x) => globalMaxPool(x as tf.Tensor4D).sum())(x)
        .sum(),
    ).toBeAllclose(2);
    expect(
      tf
        .grad((x) => maxPool(x as tf.Tensor4D).sum())(x)
        .sum(),
    ).toBeAllclose(2 * 2 * 2);
  });

  test("leaks no tensor", () => {
    const x = spread([1, 4, 4, 2]);
    for (const pool of [maxPool, globalMaxPool, globalAveragePool]) expect(() => pool(x).dispose()).not.toLeak();
    for (const side of [3, 4]) expect(() => adaptiveAveragePool(x, [side, side]).dispose()).not.toLeak();
  });
});
