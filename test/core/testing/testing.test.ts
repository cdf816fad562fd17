import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { gradientError, modelsOf, tinyBatch, tinyModel } from "../../../core/testing/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

beforeAll(() => startEngine("cpu"));

describe("toBeAllclose", () => {
  test("accepts tensors, nested arrays and single numbers", () => {
    expect(tf.tensor2d([[1, 2]])).toBeAllclose([[1, 2.000001]]);
    expect(tf.scalar(3)).toBeAllclose(3);
    expect(Float32Array.of(1, 2)).toBeAllclose([1, 2]);
  });
  test("says where the numbers differ most", () => {
    expect(() => expect([1, 2, 3]).toBeAllclose([1, 2.1, 4])).toThrow(
      "2 of 3 numbers differ; most at 2: expected 4, received 3",
    );
  });
  test("refuses another shape with the same numbers", () => {
    expect(() => expect(tf.tensor2d([[1, 2]])).toBeAllclose(tf.tensor2d([[1], [2]]))).toThrow("expected shape [2,1]");
  });
  test("takes NaN for NaN and for nothing else", () => {
    expect([Number.NaN]).toBeAllclose([Number.NaN]);
    expect([Number.NaN]).not.toBeAllclose([1]);
    expect([1]).not.toBeAllclose([Number.NaN]);
  });
  test("obeys the tolerance it is given", () => {
    expect([1.05]).toBeAllclose([1], { relative: 0.1 });
    expect([0.05]).not.toBeAllclose([0], { relative: 0.1 });
    expect([0.05]).toBeAllclose([0], { absolute: 0.1 });
  });
});

describe("toLeak", () => {
  test("notices a tensor that is left behind", () => {
    let left: tf.Tensor | undefined;
    expect(() => {
      left = tf.scalar(1);
    }).toLeak();
    left?.dispose();
    expect(() => tf.scalar(1).dispose()).not.toLeak();
  });
  test("notices a tensor that was someone else's", () => {
    const mine = tf.scalar(1);
    expect(() => expect(() => mine.dispose()).not.toLeak()).toThrow("1 tensors were freed beyond its own");
  });
  test("waits for an async function", async () => {
    await expect(async () => {
      const late = await Promise.resolve(tf.scalar(1));
      late.dispose();
    }).not.toLeak();
  });
});

describe("gradientError", () => {
  let x: tf.Tensor;
  beforeAll(() => {
    x = tf.tensor1d([0.3, -0.7, 1.2]);
  });

  test("is small for a right gradient", () => {
    expect(gradientError((x) => x.square(), [x])).toBeLessThan(1e-3);
    expect(gradientError((x, y) => x.mul(y), [x, x.add(1)])).toBeLessThan(1e-3);
  });
  test("is large for a wrong one", () => {
    const wrong = tf.customGrad((x) => ({ value: (x as tf.Tensor).square(), gradFunc: (dy) => [dy] }));
    expect(gradientError((x) => wrong(x), [x])).toBeGreaterThan(0.3);
  });
  test("is infinite for one that is not finite", () => {
    const broken = tf.customGrad((x) => ({ value: (x as tf.Tensor).clone(), gradFunc: (dy) => [dy.mul(Number.NaN)] }));
    expect(gradientError((x) => broken(x), [x])).toBe(Number.POSITIVE_INFINITY);
  });
  test("leaks no tensor", () => expect(() => gradientError((x) => x.exp(), [x])).not.toLeak());
});

describe("the tiny model and batch", () => {
  test("give features and logits that fit the classes", () => {
    const model = tinyModel({ classes: 5 });
    const batch = tinyBatch({ batch: 6, classes: 5 });
    const { logits, features } = model.forward(batch, "eval");
    expect(batch.labels.shape).toEqual([6, 5]);
    expect(batch.labels.argMax(1)).toBeAllclose([0, 1, 2, 3, 4, 0]);
    expect(logits?.shape).toEqual([6, 5]);
    expect(features?.shape).toEqual([6, 4, 4, 4]);
    model.parameters.dispose();
  });
  test("are the same for the same seed", () => {
    expect(tinyBatch({ seed: 3 }).images).toBeAllclose(tinyBatch({ seed: 3 }).images);
    expect(tinyBatch({ seed: 3 }).images).not.toBeAllclose(tinyBatch({ seed: 4 }).images);
  });
  test("are found by role", () => {
    const teacher = tinyModel();
    expect(modelsOf({ teacher }).get("teacher")).toBe(teacher);
    expect(() => modelsOf({ teacher }).get("teecher")).toThrow('Did you mean "teacher"?');
    teacher.parameters.dispose();
  });
});
