import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { addRelu, gelu } from "../../../../core/ops/index.js";
import { hasGpu, onBoth, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const unary: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  ...{ abs: tf.abs, exp: tf.exp, leakyRelu: (x) => tf.leakyRelu(x, 0.1), log: tf.log, neg: tf.neg, relu: tf.relu },
  ...{ clipByValue: (x) => tf.clipByValue(x, -0.5, 0.75), relu6: (x) => tf.relu6(x.mul(4)), rsqrt: tf.rsqrt },
  ...{ sigmoid: (x) => tf.sigmoid(x.mul(40)), sqrt: tf.sqrt, square: tf.square, step: (x) => tf.step(x, 0.2) },
};

const binary: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  ...{ add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum },
  squaredDifference: tf.squaredDifference,
};

const shapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ["one shape", [5, 8], [5, 8]],
  ["one shape of an odd size", [7, 11], [7, 11]],
  ["one number", [3, 5, 4], []],
  ["one number on the left", [1], [6, 4]],
  ["a row", [6, 8], [8]],
  ["a row of an odd size", [6, 7], [7]],
  ["a column", [6, 8], [6, 1]],
  ["the middle", [2, 3, 4, 8], [3, 1, 8]],
  ["the middle, of odd sizes", [2, 3, 5, 7], [2, 1, 5, 1]],
  ["both", [2, 1, 5, 1], [3, 1, 4]],
];

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(Object.keys(unary))("%s is that of the JavaScript backend, of what is no number too", async (name) => {
    const apply = unary[name] as (x: tf.Tensor) => tf.Tensor;
    await expectSame(() => [apply(withHoles([9, 8])), apply(withHoles([79]))], 2e-6);
  });

  test.each(Object.keys(binary))(
    "%s of two tensors is that of the JavaScript backend, however they lie",
    async (name) => {
      const apply = binary[name] as (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
      await expectSame(
        () =>
          shapes.flatMap(([, a, b]) => [apply(withHoles(a, "a"), normals(b, "b")), apply(normals(b), withHoles(a))]),
        2e-6,
      );
    },
  );

  test("a sum of many tensors is their sum", async () => {
    await expectSame(() =>
      [1, 2, 7, 8, 16].map((count) => tf.addN(Array.from({ length: count }, (_, at) => normals([3, 5], `${at}`)))),
    );
  });

  test("a sum and its ReLU are those of the JavaScript backend, and NaN stays NaN", async () => {
    const [result] = await onBoth(() => addRelu(tf.tensor1d([1, -3, Number.NaN, 2]), tf.tensor1d([1, 1, 1, -5])));
    expect(result?.gpu).toEqual(Float32Array.of(2, 0, Number.NaN, 0));
  });

  test("the exact GELU and its slope are right to the last digits, and keep NaN", async () => {
    const places = [...Array.from({ length: 400 }, (_, at) => (at - 200) / 24), Number.NaN, 40, -40];
    const [values, slopes] = await onBoth(() => {
      const x = tf.tensor1d(places);
      return [gelu(x), tf.grad(gelu)(x)];
    });
    for (const [at, x] of places.entries()) {
      const [wanted, slope] = [x * cdf(x), cdf(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)];
      if (Number.isNaN(x)) expect([values?.gpu[at], slopes?.gpu[at]]).toEqual([Number.NaN, Number.NaN]);
      else {
        expect(Math.abs((values?.gpu[at] as number) - wanted)).toBeLessThan(4e-7 * Math.max(1, Math.abs(x)));
        expect(Math.abs((slopes?.gpu[at] as number) - slope)).toBeLessThan(4e-7);
      }
    }
  });
});

/** Of the normal distribution: its series around 0, which converges for every x, in double precision. */
function cdf(x: number): number {
  if (Math.abs(x) > 8.5) return x > 0 ? 1 : 0;
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}
