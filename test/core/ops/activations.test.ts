import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { addRelu, gelu, relu6, silu, stopGradient } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

/** Normal numbers, pushed away from 0 by 0.1. */
function awayFromZero(seed: string): tf.Tensor {
  return tf.tensor(
    createRandom(seed)
      .normals(24)
      .map((value) => value + 0.1 * Math.sign(value)),
    [2, 3, 4],
  );
}

/** Φ(x), by its continued fraction far out and its series near 0, in double precision. */
function normalCdf(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < -3) {
    let fraction = -x;
    for (let k = 60; k > 0; k--) fraction = -x + k / fraction;
    return density / fraction;
  }
  if (x > 3) return 1 - normalCdf(-x);
  let [term, sum] = [x, x];
  for (let k = 3; k < 120; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + density * sum;
}

describe.each(engineNames)("activations on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("gelu has the values of its definition", () => {
    expect(gelu(tf.tensor1d([1, 0, -1, 3, -8, 8]))).toBeAllclose([0.8413447461, 0, -0.1586552539, 2.9959503063, 0, 8], {
      absolute: 1e-6,
    });
  });
  test("gelu is exact from one end to the other", () => {
    const places = Array.from({ length: 2001 }, (_, i) => (i - 1000) / 100);
    const wanted = places.map((x) => x * normalCdf(x));
    expect(gelu(tf.tensor1d(places))).toBeAllclose(wanted, { relative: 1e-6, absolute: 1e-6 });
    const slopes = tf.grad((x) => gelu(x).sum())(tf.tensor1d(places));
    const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    expect(slopes).toBeAllclose(
      places.map((x) => normalCdf(x) + x * density(x)),
      { relative: 1e-6, absolute: 1e-6 },
    );
  });
  test("gelu keeps a NaN, and goes to 0 and to x far out", () => {
    expect(gelu(tf.tensor1d([Number.NaN, -1e20, 1e20, -50]))).toBeAllclose([Number.NaN, 0, 1e20, 0]);
  });
  test("gelu has the gradient that finite differences give", () => {
    expect(gradientError((x) => gelu(x), [awayFromZero("x")])).toBeLessThan(2e-3);
  });

  test("addRelu is the ReLU of a sum", () => {
    expect(addRelu(tf.tensor1d([1, -2, 3]), tf.tensor1d([1, 1, -4]))).toBeAllclose([2, 0, 0]);
  });
  test("addRelu has the gradient that finite differences give", () => {
    const a = awayFromZero("a");
    expect(gradientError((a, b) => addRelu(a, b), [a, a.mul(0.5)])).toBeLessThan(2e-3);
    // Both terms the same tensor: their gradients add up.
    expect(gradientError((a) => addRelu(a, a), [a])).toBeLessThan(2e-3);
  });

  test("relu6 ends at 0 and at 6, where its slope is 0", () => {
    const x = tf.tensor1d([-1, 0, 2, 6, 7, Number.NaN]);
    expect(relu6(x)).toBeAllclose([0, 0, 2, 6, 6, Number.NaN]);
    expect(tf.grad((x) => relu6(x).sum())(tf.tensor1d([-1, 0, 2, 6, 7]))).toBeAllclose([0, 0, 1, 0, 0]);
  });

  test("silu has the values and slopes of its definition", () => {
    const places = Array.from({ length: 801 }, (_, i) => (i - 400) / 20);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    expect(silu(tf.tensor1d(places))).toBeAllclose(
      places.map((x) => x * sigmoid(x)),
      { relative: 1e-6, absolute: 1e-6 },
    );
    expect(tf.grad((x) => silu(x).sum())(tf.tensor1d(places))).toBeAllclose(
      places.map((x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
      { relative: 1e-6, absolute: 1e-6 },
    );
  });
  test("silu keeps a NaN, also in its gradient, and goes to 0 and to x far out", () => {
    const x = tf.tensor1d([Number.NaN, -1e20, 1e20, -50]);
    expect(silu(x)).toBeAllclose([Number.NaN, 0, 1e20, 0]);
    expect(tf.grad((x) => silu(x).sum())(x)).toBeAllclose([Number.NaN, 0, 1, 0]);
  });

  test("leak no tensor, inside and outside the tape", () => {
    const [a, b] = [awayFromZero("a"), awayFromZero("b")];
    expect(() => addRelu(a, b).dispose()).not.toLeak();
    expect(() => gelu(a).dispose()).not.toLeak();
    expect(() => tf.dispose([relu6(a), silu(a)])).not.toLeak();
    expect(() =>
      tf
        .grad((x) => relu6(silu(x)).sum())(a)
        .dispose(),
    ).not.toLeak();
    expect(() => tf.dispose(tf.grads((a, b) => gelu(addRelu(a, b)).sum())([a, b]))).not.toLeak();
  });
});

describe("stopGradient", () => {
  beforeAll(() => startEngine("cpu"));

  test("makes a constant of what depends on the input", () => {
    const slope = tf.grad((x) => x.mul(stopGradient(() => x.square())).sum())(tf.tensor1d([2, 3]));
    expect(slope).toBeAllclose([4, 9]);
  });
  test("hands back a tensor of its own", () => {
    const x = tf.scalar(1);
    stopGradient(() => x).dispose();
    expect(x.isDisposed).toBe(false);
  });
  test("frees its temporaries, inside and outside the tape", () => {
    const x = tf.scalar(1);
    expect(() => stopGradient(() => x.add(1).mul(2).sub(3)).dispose()).not.toLeak();
    const loss = (x: tf.Tensor) => x.mul(stopGradient(() => x.add(1).mul(2)));
    expect(() => tf.grad(loss)(x).dispose()).not.toLeak();
  });
});
