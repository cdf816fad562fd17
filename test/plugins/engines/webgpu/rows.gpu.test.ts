import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { groupNorm, layerNorm, logSoftmax, softmax } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const one = (channels: number) => normals([channels], "one") as tf.Tensor1D;
const gradient = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => tf.grad(f)(x, normals(x.shape, "dy"));

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each([
    ["a softmax", softmax],
    ["the logarithm of a softmax", logSoftmax],
  ] as const)("%s and its gradient are those of the JavaScript backend, of what is no number too", async (_, apply) => {
    await expectSame(
      () => [
        ...[
          [3, 7],
          [40, 5],
          [2, 1100],
        ].flatMap((shape) => [apply(normals(shape).mul(9)), gradient(apply, normals(shape))]),
        apply(withHoles([6, 50])),
        apply(tf.fill([2, 3], Number.NEGATIVE_INFINITY)),
        gradient(apply, withHoles([6, 50])),
      ],
      3e-6,
    );
  });

  test("layer normalisation and its gradients are those of the JavaScript backend, of what is no number too", async () => {
    await expectSame(
      () =>
        [normals, withHoles].flatMap((make) =>
          [
            [2, 3, 8],
            [37, 5],
            [3, 1030],
          ].flatMap((shape) => {
            const channels = shape[shape.length - 1] as number;
            const apply = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
              layerNorm(x, scale as tf.Tensor1D, offset as tf.Tensor1D);
            const inputs = [make(shape, "x").add(3), one(channels), normals([channels], "two")] as const;
            return [apply(...inputs), ...tf.grads(apply)([...inputs], normals(shape, "dy"))];
          }),
        ),
      1e-5,
    );
  });

  test.each([1, 2, 8])(
    "normalisation of %d groups and its gradients are those of the JavaScript backend",
    async (groups) => {
      await expectSame(
        () =>
          [normals, withHoles].flatMap((make) =>
            [
              [2, 5, 7, 8],
              [3, 1, 16],
            ].flatMap((shape) => {
              const channels = shape[shape.length - 1] as number;
              const apply = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
                groupNorm(x, scale as tf.Tensor1D, offset as tf.Tensor1D, { groups });
              const inputs = [make(shape, "x").add(3), one(channels), normals([channels], "two")] as const;
              return [apply(...inputs), ...tf.grads(apply)([...inputs], normals(shape, "dy"))];
            }),
          ),
        1e-5,
      );
    },
  );
});
