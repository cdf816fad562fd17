import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { antialiasedResize, replaceBox } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const gradient = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor) => {
  const y = f(x as tf.Tensor4D);
  return tf.grad((x: tf.Tensor) => f(x as tf.Tensor4D))(x, normals(y.shape, "dy"));
};

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each([
    [
      [9, 8, 3],
      [4, 3],
    ],
    [
      [4, 5, 4],
      [9, 7],
    ],
  ] as const)(
    "antialiased resizing of %j to %j and its gradient are those of the JavaScript backend",
    async (shape, size) => {
      const resize = (x: tf.Tensor4D) => antialiasedResize(x, size, "bicubic");
      await expectSame(
        () => [resize(normals([2, ...shape]) as tf.Tensor4D), gradient(resize, normals([2, ...shape]))],
        2e-6,
      );
    },
  );

  test("a box written into images, and its gradient, are those of the JavaScript backend, NaN included", async () => {
    const replace = (x: tf.Tensor4D) => replaceBox(x, withHoles([2, 2, 3, 5]) as tf.Tensor4D, { top: 1, left: 2 });
    await expectSame(() => [replace(normals([2, 4, 6, 5]) as tf.Tensor4D), gradient(replace, normals([2, 4, 6, 5]))]);
  });

  test.each(["bilinear", "nearest"] as const)("%s crops reach the last pixel where a box ends at 1", async (method) => {
    const boxes = () =>
      tf.tensor2d([0, 0, 1, 1, 0.1, 0.2, 0.9, 1, -0.5, 0.5, 1, 2, 1, 1, 0, 0, 0.3, 0.3, 0.3, 1], [5, 4]);
    const image = (height: number, width: number) => normals([2, height, width, 3]) as tf.Tensor4D;
    const places = () => tf.tensor1d([0, 1, 0, 1, 0], "int32");
    await expectSame(
      () =>
        [
          [7, 5],
          [31, 33],
        ].flatMap(([height, width]) =>
          [
            [4, 4],
            [1, 7],
            [13, 29],
            [16, 33],
          ].map((size) =>
            tf.image.cropAndResize(
              image(height as number, width as number),
              boxes(),
              places(),
              size as [number, number],
              method,
              -3,
            ),
          ),
        ),
      2e-5,
    );
  });
});
