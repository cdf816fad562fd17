import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test("whole numbers and truths become numbers that any kernel reads", async () => {
    await expectSame(() => [
      tf.tensor1d([3, -2, 7, 0, 5], "int32").toFloat().square(),
      tf.add(normals([5]), tf.tensor1d([true, false, true, true, false], "bool").toFloat()),
      normals([3, 4]).greater(0).toFloat().exp(),
      normals([3, 4]).mul(9).toInt().toFloat().sub(0.5),
    ]);
  });

  test("a selection by truths is that of the JavaScript backend", async () => {
    await expectSame(() => [
      tf.where(normals([5, 3]).greater(0), withHoles([5, 3]), normals([5, 3], "else")),
      tf.where(normals([5, 1]).greater(0), withHoles([5, 3]), normals([5, 3], "else")),
    ]);
  });

  test("the gradient of a gathering adds up what is gathered twice, in equal bytes each time", async () => {
    const apply = (x: tf.Tensor) => tf.gather(x, tf.tensor1d([4, 0, 4, 4, 1, 0], "int32"));
    await expectSame(() => [apply(normals([5, 7])), tf.grad(apply)(normals([5, 7]), normals([6, 7], "dy"))]);
  });
});
