import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { available, expectSame, random, resultsOn } from "./both.js";

const axes: [number[], number | number[] | undefined][] = [
  [[4, 5, 6], undefined],
  [[4, 5, 6], 0],
  [[4, 5, 6], 1],
  [[4, 5, 6], -1],
  [
    [4, 5, 6],
    [0, 2],
  ],
  [
    [4, 5, 6, 7],
    [1, 2],
  ],
  [
    [4, 5, 6, 7],
    [0, 1, 2],
  ],
  [
    [4, 5, 6, 7],
    [1, 3],
  ],
  [[3, 1, 4], 1],
  [[200_000], 0],
  [[40_000, 8], 0],
  [[3], 0],
];

describe.skipIf(!available)("reductions on onednn", () => {
  describe.each(axes)("of %j along %j", (shape, axis) => {
    test.each([false, true])("equal tfjs (axes kept: %j)", async (keep) => {
      await expectSame(() => {
        const x = random(shape, 1);
        return [tf.sum(x, axis, keep), tf.mean(x, axis, keep), tf.max(x, axis, keep), tf.min(x, axis, keep)];
      });
    });
  });

  test("find the first of the greatest and of the least", async () => {
    await expectSame(() => {
      const x = random([6, 7, 5], 1, -2, 2).round();
      return [0, 1, 2].flatMap((axis) => [tf.argMax(x, axis), tf.argMin(x, axis)]);
    });
  });

  test("count booleans and sum integers", async () => {
    await expectSame(() => [random([30], 1).greater(0).sum(), tf.range(0, 9, 1, "int32").sum()]);
  });

  test("softmax equals tfjs, also far from zero", async () => {
    await expectSame(() => [tf.softmax(random([5, 1000], 1, -5, 5)), tf.logSoftmax(random([2, 3, 7], 2, 80, 120))]);
    await expectSame(() => tf.grad((x: tf.Tensor) => tf.softmax(x).square().sum())(random([4, 9], 1)));
  });

  test("fused log softmax and the gradients of both equal the composed ones", async () => {
    const run = (name: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel(name, inputs) as tf.Tensor;
    const fused = await resultsOn("onednn", () => {
      const [logits, dy] = [random([6, 11], 1, -3, 3), random([6, 11], 2)];
      const [y, logY] = [tf.softmax(logits), run("FgkdLogSoftmax", { logits })];
      return [logY, run("FgkdSoftmaxGrad", { dy, y }), run("FgkdLogSoftmaxGrad", { dy, y: logY })];
    });
    const composed = await resultsOn("cpu", () => {
      const [logits, dy] = [random([6, 11], 1, -3, 3), random([6, 11], 2)];
      const gradients = [tf.softmax, tf.logSoftmax].map((op) => tf.grad((x: tf.Tensor) => op(x))(logits, dy));
      return [tf.logSoftmax(logits), ...gradients];
    });
    fused.forEach(({ values }, output) => {
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(composed[output]?.values[i] as number, 5);
      });
    });
  });
});
