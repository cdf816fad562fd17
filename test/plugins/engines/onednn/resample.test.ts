import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { antialiasedResize } from "../../../../core/ops/index.js";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, random } from "./both.js";

/** `[y1, x1, y2, x2]`, in shares of the image: inside, turned around, partly and wholly outside. */
const boxes = [
  [0, 0, 1, 1],
  [0.2, 0.1, 0.7, 0.9],
  [0.9, 0.8, 0.1, 0.2],
  [-0.3, 0.4, 0.6, 1.7],
  [2, 2, 3, 3],
  [0.5, 0.5, 0.5, 0.5],
];
const images = [0, 1, 1, 0, 1, 0];

describe.skipIf(!available)("crops on onednn", () => {
  describe.each(["bilinear", "nearest"] as const)("%s", (method) => {
    test.each<[number, number, number]>([
      [5, 4, 3],
      [1, 1, 3],
      [20, 31, 1],
      [7, 9, 16],
    ])("to %i × %i of %i channels equal tfjs'", async (height, width, channels) => {
      await expectSame(() =>
        tf.image.cropAndResize(
          random([2, 8, 9, channels], 1) as tf.Tensor4D,
          tf.tensor2d(boxes),
          tf.tensor1d(images, "int32"),
          [height, width],
          method,
          0.25,
        ),
      );
    });
  });

  test("refuse the number of an image below 0, rather than read before the first", () => {
    const sizes = Int32Array.of(1, 2, 2, 1, 1, 1);
    const box = Float32Array.of(0, 0, 1, 1);
    const crop = (image: number) =>
      loadAddon().cropAndResize(new Float32Array(4), box, Int32Array.of(image), new Float32Array(1), sizes, false, 0);
    expect(() => crop(-1)).toThrow("negative number of an image");
    expect(() => crop(0)).not.toThrow();
  });
});

describe.skipIf(!available)("antialiased resizing on onednn", () => {
  test.each<[number[], [number, number]]>([
    [
      [2, 20, 30, 3],
      [7, 9],
    ],
    [
      [1, 7, 5, 3],
      [20, 9],
    ],
    [
      [2, 9, 9, 1],
      [4, 4],
    ],
    [
      [1, 12, 6, 16],
      [5, 6],
    ],
    [
      [1, 5, 900, 3],
      [3, 90],
    ],
  ])("of %j to %j equals two matrix products, with its gradient", async (shape, size) => {
    await expectSame(() => {
      const x = random(shape, 1) as tf.Tensor4D;
      const resize = (images: tf.Tensor) => antialiasedResize(images as tf.Tensor4D, size);
      return [resize(x), tf.grad((images: tf.Tensor) => resize(images).square().sum())(x)];
    }, 2e-5);
  });
});
