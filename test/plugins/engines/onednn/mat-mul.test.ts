import * as tf from "@tensorflow/tfjs";
import { describe, test } from "vitest";
import { available, expectSame, random } from "./both.js";

describe.skipIf(!available)("matrix products on onednn", () => {
  const shapes: [number[], number[], boolean, boolean][] = [
    [[3, 4], [4, 5], false, false],
    [[4, 3], [4, 5], true, false],
    [[3, 4], [5, 4], false, true],
    [[4, 3], [5, 4], true, true],
    [[6, 3, 4], [6, 4, 5], false, false],
    [[6, 4, 3], [6, 5, 4], true, true],
    [[2, 3, 7, 4], [2, 3, 5, 4], false, true],
    [[6, 3, 4], [1, 4, 5], false, false],
    [[1, 4, 3], [6, 4, 5], true, false],
    [[6, 4, 3], [1, 4, 5], true, false],
    [[2, 1, 3, 4], [1, 5, 4, 2], false, false],
    [[1, 1], [1, 1], false, false],
    [[130, 70], [70, 90], false, false],
  ];
  test.each(shapes)("%j times %j, transposed %j %j", async (a, b, transposeA, transposeB) => {
    await expectSame(() => tf.matMul(random(a, 1), random(b, 2), transposeA, transposeB));
  });

  test("have tfjs' gradients", async () => {
    await expectSame(() =>
      tf.grads((a, b) => tf.matMul(a, b, true).square().sum())([random([7, 4], 1), random([7, 5], 2)]),
    );
  });

  test("fuse bias and activation", async () => {
    for (const activation of ["linear", "relu", "sigmoid", "elu"] as const) {
      await expectSame(() =>
        tf.fused.matMul({ a: random([4, 3], 1), b: random([3, 5], 2), bias: random([5], 3), activation }),
      );
    }
  });
});
