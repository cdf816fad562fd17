import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { groupNorm, layerNorm, logSoftmax, softmax } from "../../../../core/ops/index.js";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, numbers, random } from "./both.js";

const vector = (size: number, seed: number, low?: number, high?: number) =>
  random([size], seed, low, high) as tf.Tensor1D;

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

/** Value and gradients, as the composed operations give them. */
function both(run: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const y = run(...inputs);
  const gradients = tf.grads((...parts) =>
    run(...parts)
      .mul(random(y.shape, 9))
      .sum(),
  )(inputs);
  return [y, ...gradients];
}

describe.skipIf(!available)("layer and group normalisation on onednn", () => {
  test.each([[[5, 1]], [[3, 7]], [[2, 5, 8]], [[2, 9, 192]], [[300, 70]], [[1, 1000]]])(
    "layer normalisation of %j equals the composed one, with gradients",
    async (shape) => {
      const c = shape[shape.length - 1] as number;
      await expectSame(
        () =>
          both(
            (x, scale, offset) => layerNorm(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D),
            [random(shape, 1, -2, 4), vector(c, 2, 0.5, 2), vector(c, 3)],
          ),
        3e-5,
      );
    },
  );

  test.each<[number[], number]>([
    [[3, 7, 6], 3],
    [[2, 5, 7, 8], 1],
    [[2, 5, 7, 8], 8],
    [[1, 40, 40, 12], 4],
    [[4, 24], 6],
  ])("group normalisation of %j in %i groups equals the composed one, with gradients", async (shape, groups) => {
    const c = shape[shape.length - 1] as number;
    await expectSame(
      () =>
        both(
          (x, scale, offset) => groupNorm(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, { groups }),
          [random(shape, 1, -2, 4), vector(c, 2, 0.5, 2), vector(c, 3)],
        ),
      3e-5,
    );
  });

  test("group normalisation takes images as convolutions leave them, and hands them on", async () => {
    await expectSame(
      () =>
        both(
          (x, filter, scale, offset) => {
            const images = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
            const y = groupNorm(images, scale as tf.Tensor1D, offset as tf.Tensor1D, { groups: 4 });
            return tf.conv2d(y, filter as tf.Tensor4D, 1, "same");
          },
          [random([2, 6, 5, 16], 1), random([3, 3, 16, 16], 2), vector(16, 3, 0.5, 2), vector(16, 4)],
        ),
      3e-5,
    );
  });

  test.each([[[3, 7]], [[2, 3, 5, 197]]])(
    "softmax of %j and its logarithm equal tfjs', with gradients",
    async (shape) => {
      await expectSame(() => [
        ...both((x) => softmax(x as tf.Tensor), [random(shape, 1, -4, 4)]),
        ...both((x) => logSoftmax(x as tf.Tensor), [random(shape, 1, -4, 4)]),
      ]);
    },
  );

  test("gives the same bytes with any number of threads", () => {
    const addon = loadAddon();
    const [rows, c] = [500, 48];
    const [x, dy, scale] = [numbers(rows * c, 1), numbers(rows * c, 2), numbers(c, 3)];
    const withThreads = (threads: number) => {
      addon.setThreads(threads);
      const [y, dx] = [new Float32Array(rows * c), new Float32Array(rows * c)];
      const [mean, variance] = [new Float32Array(rows), new Float32Array(rows)];
      const sums = Array.from({ length: 4 }, () => new Float32Array(c)) as Four;
      const groups = [new Float32Array(20), new Float32Array(20)] as const;
      addon.layerNorm(x, scale, scale, y, mean, variance, rows, c, 1e-5);
      addon.layerNormGrad(dy, x, scale, mean, variance, dx, sums[0], sums[1], rows, c, 1e-5);
      const layers = Buffer.concat([y, dx, mean, ...sums].map(({ buffer }) => Buffer.from(buffer)));
      addon.groupNorm(x, scale, scale, y, ...groups, 5, rows / 5, c, 4, false, 1e-5);
      addon.groupNormGrad(dy, x, scale, ...groups, dx, sums[2], sums[3], 5, rows / 5, c, 4, false, 1e-5);
      return Buffer.concat([layers, ...[y, dx, ...groups, ...sums].map(({ buffer }) => Buffer.from(buffer))]);
    };
    const before = addon.describe().threads;
    const one = withThreads(1);
    for (const threads of [2, 3]) expect(withThreads(threads).equals(one)).toBe(true);
    addon.setThreads(before);
  });
});
