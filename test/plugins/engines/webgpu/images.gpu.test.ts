import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { antialiasedResize, replaceBox } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const gradientBy = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor, dy: tf.Tensor) =>
  tf.grad((x: tf.Tensor) => f(x as tf.Tensor4D))(x, dy);
const gradient = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor) => {
  const y = f(x as tf.Tensor4D);
  return gradientBy(f, x, normals(y.shape, "dy"));
};

const image = (shape: readonly number[], seed = "") => normals(shape, seed) as tf.Tensor4D;

const sizes: readonly (readonly [from: readonly [number, number], to: readonly [number, number]])[] = [
  [
    [5, 4],
    [7, 9],
  ],
  [
    [7, 6],
    [3, 2],
  ],
  [
    [3, 4],
    [9, 12],
  ],
  [
    [4, 5],
    [1, 1],
  ],
];

const resizings = [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor].flatMap((resize) =>
  [
    { align: false, half: false },
    { align: true, half: false },
    { align: false, half: true },
  ].map((how) => ({ resize, ...how })),
);

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

  test.each(sizes)(
    "resizing of %j to %j, between pixels and to the nearest one, is that of the JavaScript backend",
    async (shape, size) => {
      for (const { resize, align, half } of resizings)
        await expectSame(
          () => [3, 4].map((channels) => resize(image([2, ...shape, channels]), [...size], align, half)),
          4e-6,
        );
    },
  );

  // By the definition of a gradient of what is linear: tfjs' own swaps height and width, and takes no notice of half pixels.
  test.each(sizes)("the gradients of resizing %j to %j weigh each pixel as resizing does", async (shape, size) => {
    await tf.setBackend("webgpu");
    for (const { resize, align, half } of resizings)
      for (const channels of [3, 4]) {
        const apply = (x: tf.Tensor4D) => resize(x, [...size], align, half);
        const dy = normals([2, ...size, channels], "dy");
        const dx = gradientBy(apply, image([2, ...shape, channels]), dy);
        for (const seed of ["a", "b", "c"]) {
          const x = image([2, ...shape, channels], seed);
          const sums = [apply(x).mul(dy).sum(), x.mul(dx).sum()];
          const [resized, weighed] = await Promise.all(sums.map(async (sum) => (await sum.data())[0] as number));
          expect(Math.abs((resized as number) - (weighed as number))).toBeLessThan(1e-4);
        }
      }
  });
});
