import * as tf from "@tensorflow/tfjs";
import { describe, test } from "vitest";
import { available, expectSame, random } from "./both.js";

type Case = [x: number[], filter: number[], stride: number | [number, number], pad: "same" | "valid" | number];

const plain: Case[] = [
  [[2, 8, 8, 3], [3, 3, 3, 8], 1, "same"],
  [[2, 9, 7, 3], [3, 3, 3, 5], 2, "same"],
  [[1, 8, 8, 4], [3, 3, 4, 4], 2, "valid"],
  [[2, 16, 16, 3], [7, 7, 3, 16], 2, 3],
  [[2, 8, 8, 16], [1, 1, 16, 8], 1, "valid"],
  [[2, 8, 8, 16], [1, 1, 16, 8], 2, "valid"],
  [[2, 7, 9, 5], [2, 4, 5, 3], [2, 1], "same"],
  [[1, 6, 6, 1], [5, 5, 1, 1], 1, "same"],
  [[3, 5, 5, 32], [3, 3, 32, 64], 1, 1],
  [[1, 3, 3, 8], [3, 3, 8, 17], 1, "valid"],
];

const depthwise: Case[] = [
  [[2, 8, 8, 4], [3, 3, 4, 1], 1, "same"],
  [[2, 9, 9, 3], [3, 3, 3, 2], 2, "same"],
  [[1, 14, 14, 16], [7, 7, 16, 1], 1, "same"],
  [[2, 8, 8, 8], [5, 5, 8, 1], 1, 2],
  [[1, 8, 8, 5], [2, 2, 5, 3], 2, "valid"],
];

const four = (shape: number[], seed: number) => random(shape, seed) as tf.Tensor4D;

describe.skipIf(!available)("convolutions on onednn", () => {
  test.each(plain)("equal tfjs: image %j, filter %j, stride %j, padding %j", async (x, filter, stride, pad) => {
    await expectSame(() => tf.conv2d(four(x, 1), four(filter, 2), stride, pad));
  });

  test.each(plain)(
    "have tfjs' gradients: image %j, filter %j, stride %j, padding %j",
    async (x, filter, stride, pad) => {
      await expectSame(() => {
        const loss = (image: tf.Tensor, weights: tf.Tensor) => {
          const y = tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, stride, pad);
          return y.mul(random(y.shape, 3)).sum().asScalar();
        };
        return tf.grads(loss)([random(x, 1), random(filter, 2)]);
      });
    },
  );

  test.each([1, 2, 3])("dilate by %i", async (dilation) => {
    await expectSame(() => tf.conv2d(four([2, 11, 11, 4], 1), four([3, 3, 4, 6], 2), 1, "same", "NHWC", dilation));
    await expectSame(() =>
      tf.depthwiseConv2d(four([2, 11, 11, 4], 1), four([3, 3, 4, 2], 2), 1, "same", "NHWC", dilation),
    );
  });

  test.each(depthwise)(
    "equal tfjs when depthwise: image %j, filter %j, stride %j, padding %j",
    async (x, filter, stride, pad) => {
      await expectSame(() => tf.depthwiseConv2d(four(x, 1), four(filter, 2), stride, pad));
    },
  );

  test.each(depthwise)(
    "have tfjs' depthwise gradients: image %j, filter %j, stride %j, padding %j",
    async (x, filter, stride, pad) => {
      await expectSame(() => {
        const loss = (image: tf.Tensor, weights: tf.Tensor) => {
          const y = tf.depthwiseConv2d(image as tf.Tensor4D, weights as tf.Tensor4D, stride, pad);
          return y.mul(random(y.shape, 3)).sum().asScalar();
        };
        return tf.grads(loss)([random(x, 1), random(filter, 2)]);
      });
    },
  );

  test.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const)(
    "fuse bias and %s",
    async (activation) => {
      await expectSame(() => [
        tf.fused.conv2d({
          x: four([2, 8, 8, 4], 1).mul(4),
          filter: four([3, 3, 4, 9], 2),
          strides: 1,
          pad: "same",
          bias: random([9], 3),
          activation,
          leakyreluAlpha: 0.2,
        }),
        tf.fused.depthwiseConv2d({
          x: four([2, 8, 8, 4], 1).mul(4),
          filter: four([3, 3, 4, 1], 2),
          strides: 1,
          pad: "same",
          bias: random([4], 3),
          activation,
          leakyreluAlpha: 0.2,
        }),
      ]);
    },
  );

  test("take images in other layouts through tfjs", async () => {
    await expectSame(() => tf.conv2d(four([2, 3, 8, 8], 1), four([3, 3, 3, 4], 2), 1, "same", "NCHW"));
  });

  test("give the same result when a filter is used again and kept in its own layout", async () => {
    await expectSame(() => {
      const filter = four([3, 3, 16, 16], 2);
      return [1, 2, 3].map((seed) => tf.conv2d(four([2, 8, 8, 16], seed), filter, 1, "same"));
    });
  });
});
