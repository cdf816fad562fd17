import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { available, expectSame, numbers, random, resultsOn } from "./both.js";

const unary = {
  abs: tf.abs,
  neg: tf.neg,
  square: tf.square,
  exp: tf.exp,
  expm1: tf.expm1,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  relu: tf.relu,
  relu6: tf.relu6,
  leakyRelu: tf.leakyRelu,
  elu: tf.elu,
  selu: tf.selu,
  softplus: tf.softplus,
  erf: tf.erf,
  step: tf.step,
  sign: tf.sign,
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  sin: tf.sin,
  cos: tf.cos,
  reciprocal: tf.reciprocal,
};
const ofPositive = { sqrt: tf.sqrt, rsqrt: tf.rsqrt, log: tf.log, log1p: tf.log1p };
const binary = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  mod: tf.mod,
  floorDiv: tf.floorDiv,
};
const comparisons = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
};
const shapes: [number[], number[]][] = [
  [[5], [5]],
  [
    [1000, 33],
    [1000, 33],
  ],
  [[7, 5], []],
  [[], [7, 5]],
  [[4, 6, 5], [5]],
  [
    [4, 6, 5],
    [6, 1],
  ],
  [
    [4, 1, 5],
    [6, 1],
  ],
  [
    [1, 3],
    [4, 1],
  ],
  [
    [300, 1, 64],
    [1, 20, 64],
  ],
  [
    [3, 1, 2, 1],
    [1, 4, 1, 5],
  ],
  [[1], [1, 1]],
];
const special = [
  0,
  1,
  -1,
  0.5,
  88,
  -88,
  89,
  -104,
  1e-30,
  1e30,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

describe.skipIf(!available)("element-wise kernels on onednn", () => {
  test.each(Object.entries(unary))("%s equals tfjs", async (_name, op) => {
    await expectSame(() => [op(random([37, 5], 1, -4, 4)), op(random([50_000], 2, -20, 20)), op(tf.scalar(0.3))], 2e-6);
  });

  test.each(Object.entries(ofPositive))("%s equals tfjs", async (_name, op) => {
    await expectSame(() => [op(random([37, 5], 1, 0.01, 4)), op(random([50_000], 2, 1e-6, 1e6))], 2e-6);
  });

  test.each(["exp", "sigmoid", "tanh", "relu", "abs", "sign", "erf", "elu", "relu6", "square", "neg"] as const)(
    "%s knows NaN, infinity and the ends of the range",
    async (name) => expectSame(() => unary[name](tf.tensor1d(special.concat(special)))),
  );

  test("log knows zero, negative numbers, denormals and infinity", async () => {
    await expectSame(() => tf.log(tf.tensor1d([...special, 1e-40, 1.5e-39, -0])));
  });

  test("exp and log are exact to a few units in the last place", async () => {
    const x = numbers(20_000, 3, -80, 80);
    const [exp] = await resultsOn("onednn", () => tf.exp(tf.tensor1d(x)));
    exp?.values.forEach((value, i) => {
      expect(Math.abs(value / Math.exp(x[i] as number) - 1)).toBeLessThan(3e-7);
    });
    const positive = numbers(20_000, 4, 1e-6, 100);
    const [log] = await resultsOn("onednn", () => tf.log(tf.tensor1d(positive)));
    log?.values.forEach((value, i) => {
      const reference = Math.log(positive[i] as number);
      expect(Math.abs(value - reference)).toBeLessThan(2e-7 * Math.max(1, Math.abs(reference)));
    });
  });

  describe.each(Object.entries(binary))("%s", (_name, op) => {
    test.each(shapes)("broadcasts %j and %j", async (a, b) => {
      await expectSame(() => op(random(a, 1, -3, 3), random(b, 2, 0.5, 3)), 2e-6);
    });
  });

  test("powers equal tfjs", async () => {
    await expectSame(() => [2, 0.5, 3, -1].map((power) => tf.pow(random([40], 1, 0.1, 3), power)), 2e-6);
    await expectSame(() => tf.pow(random([4, 3], 1, -3, 3), 2), 2e-6);
    await expectSame(() => tf.pow(random([4, 3], 1, 0.1, 3), random([3], 2)), 2e-6);
  });

  describe.each(Object.entries(comparisons))("%s", (_name, op) => {
    test.each(shapes)("compares %j and %j", async (a, b) => {
      const halves = (shape: number[], seed: number) => random(shape, seed, -2, 2).round();
      await expectSame(() => [op(halves(a, 1), halves(b, 2)), op(halves(a, 1).toInt(), halves(b, 2).toInt())]);
    });
  });

  test("integers stay integers", async () => {
    await expectSame(() => {
      const [a, b] = [tf.tensor1d([1, -7, 2 ** 30, 65537], "int32"), tf.tensor1d([3, 5, 2 ** 30, 65537], "int32")];
      return [tf.add(a, b), tf.sub(a, b), tf.mul(a, b), tf.maximum(a, b), tf.minimum(a, tf.scalar(2, "int32"))];
    });
  });

  test("maximum and minimum hand NaN on", async () => {
    await expectSame(() => {
      const [a, b] = [tf.tensor1d([Number.NaN, 1, Number.NaN]), tf.tensor1d([1, Number.NaN, Number.NaN])];
      return [tf.maximum(a, b), tf.minimum(a, b)];
    });
  });

  test("where, clipping and sums of lists equal tfjs", async () => {
    await expectSame(() => {
      const [a, b] = [random([40, 3], 1), random([40, 3], 2)];
      return [tf.where(a.greater(b), a, b), a.clipByValue(-0.3, 0.4), tf.addN([a, b, a]), tf.addN([a])];
    });
    await expectSame(() =>
      tf.where(tf.tensor2d([[1], [0], [1]], [3, 1], "bool"), random([3, 2], 1), random([3, 2], 2)),
    );
  });

  test("gradients of activations equal tfjs", async () => {
    const ops = [unary.relu, unary.relu6, unary.elu, unary.sigmoid, unary.tanh, unary.exp, unary.softplus, unary.erf];
    await expectSame(() =>
      ops.map((op) =>
        tf.grad((x: tf.Tensor) =>
          op(x)
            .mul(random([30], 2))
            .sum(),
        )(random([30], 1, -3, 7)),
      ),
    );
  });

  test("prelu and its gradients equal tfjs", async () => {
    await expectSame(() => tf.grads((x, alpha) => tf.prelu(x, alpha).sum())([random([4, 5], 1), random([5], 2)]));
  });
});
