import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { maxPoolForUnpooling, maxUnpool } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

type Pool = (x: tf.Tensor4D) => tf.Tensor4D;

const windows: Readonly<
  Record<
    string,
    readonly [size: number | [number, number], stride: number | [number, number], pad: "valid" | "same" | number]
  >
> = {
  "3 by 3 every 2 with padding": [3, 2, 1],
  "2 by 2 every 2": [2, 2, "valid"],
  "2 by 3 every 1 and 2, padded to the same size": [[2, 3], [1, 2], "same"],
  "1 every 2": [1, 2, "valid"],
  "the whole image": [[6, 7], 1, "valid"],
};

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(Object.entries(windows))(
    "pools of %s and their gradients are those of the JavaScript backend",
    async (_, [size, stride, pad]) => {
      const pools: Pool[] = [(x) => tf.maxPool(x, size, stride, pad), (x) => tf.avgPool(x, size, stride, pad)];
      const images: (() => tf.Tensor)[] = [
        () => normals([2, 6, 7, 4]),
        () => withHoles([2, 6, 7, 3]),
        // Of equal values the first takes the gradient.
        () => normals([1, 6, 7, 5]).mul(2).round(),
      ];
      await expectSame(
        () =>
          images.flatMap((image) =>
            pools.flatMap((pool) => {
              const x = image() as tf.Tensor4D;
              const y = pool(x);
              return [y, tf.grad((x: tf.Tensor) => pool(x as tf.Tensor4D))(x, normals(y.shape, "dy"))];
            }),
          ),
        2e-6,
      );
    },
  );

  test("a window of nothing but NaN gives NaN, one of −∞ gives −∞, and neither takes a gradient", async () => {
    await expectSame(() =>
      [Number.NaN, Number.NEGATIVE_INFINITY].map((value) =>
        tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"))(tf.fill([1, 4, 4, 1], value)),
      ),
    );
  });

  test("an unpooling and its gradient are those of the JavaScript backend", async () => {
    const apply = (values: tf.Tensor) =>
      maxUnpool(values as tf.Tensor4D, maxPoolForUnpooling(normals([2, 4, 6, 3]) as tf.Tensor4D));
    await expectSame(() => [
      apply(normals([2, 2, 3, 3])),
      tf.grad(apply)(normals([2, 2, 3, 3]), normals([2, 4, 6, 3], "dy")),
    ]);
  });
});
