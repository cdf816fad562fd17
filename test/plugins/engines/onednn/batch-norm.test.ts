import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { batchNormInference, batchNormTraining } from "../../../../core/ops/index.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { blockEnds, expectOneEnd } from "./block-ends.js";
import { available, expectSame, random, resultsOn } from "./both.js";

const shapes = [
  [8, 4],
  [2, 5, 7, 3],
  [16, 12, 12, 32],
  [1, 3, 3, 100],
  [5, 1],
];
const channelsOf = (shape: number[]) => shape[shape.length - 1] as number;
const vector = (size: number, seed: number, low?: number, high?: number) =>
  random([size], seed, low, high) as tf.Tensor1D;

/** A cap within what values reach, so that some are cut off. */
const follows = [
  { name: "nothing", options: {} },
  { name: "a ReLU", options: { relu: true } },
  { name: "a ReLU that ends at 1.5", options: { relu: true, most: 1.5 } },
];

describe.skipIf(!available)("batch normalisation on onednn", () => {
  describe.each(shapes.map((shape) => ({ shape })))("of $shape", ({ shape }) => {
    const c = channelsOf(shape);

    test.each(follows)("equals the composed one, then $name", async ({ options }) => {
      await expectSame(() => {
        const { normalized, mean, variance } = batchNormTraining(
          random(shape, 1),
          vector(c, 2, 0.5, 2),
          vector(c, 3),
          options,
        );
        return [normalized, mean, variance];
      }, 1e-5);
    });

    test.each(follows)("has the composed one's gradients, then $name", async ({ options }) => {
      await expectSame(() => {
        const loss = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
          const made = batchNormTraining(x, scale as tf.Tensor1D, offset as tf.Tensor1D, options);
          return made.normalized
            .mul(random(shape, 4))
            .sum()
            .add(made.mean.square().sum())
            .add(made.variance.sum())
            .asScalar();
        };
        return tf.grads(loss)([random(shape, 1), vector(c, 2, 0.5, 2), vector(c, 3)]);
      }, 2e-5);
    });

    test("normalises by given statistics, with gradients", async () => {
      await expectSame(() => {
        const given = [random(shape, 1), vector(c, 2), vector(c, 3, 0.1, 2), vector(c, 4), vector(c, 5)];
        const run = (x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
          batchNormInference(
            x,
            mean as tf.Tensor1D,
            variance as tf.Tensor1D,
            scale as tf.Tensor1D,
            offset as tf.Tensor1D,
          );
        const [x, mean, variance, scale, offset] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return [
          run(x, mean, variance, scale, offset),
          ...tf.grads((...t) =>
            run(...(t as Parameters<typeof run>))
              .square()
              .sum(),
          )(given),
        ];
      }, 2e-5);
    });
  });

  test.each(blockEnds)("has the bytes of two kernels where it ends a residual block of %j", async (shape) => {
    await startOnednn();
    expectOneEnd(shape);
  });

  test("keeps a small variance around a large mean", async () => {
    const [variance] = await resultsOn("onednn", () => {
      const x = tf.tensor2d(Array.from({ length: 1000 }, (_, i) => [1000 + (i % 2) * 0.5]));
      return batchNormTraining(x, tf.ones([1]), tf.zeros([1])).variance;
    });
    expect(variance?.values[0]).toBeCloseTo(0.0625, 5);
  });
});
