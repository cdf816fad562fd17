import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { gradientError } from "../../../core/testing/index.js";
import { distillationLoss } from "../../../plugins/losses/distillation-loss.js";
import { student, teacher } from "../../support/logits.js";
import { goldenLosses, valueAndGradient } from "./golden.js";
import { expectGolden } from "./golden-cases.js";

describe("distillation loss", () => {
  test.each(goldenLosses("kd"))("equals the golden value and gradient, case %#", expectGolden);

  test.each([
    [4, 0.2273435855],
    [3, 0.2227373952],
  ])("gives the specification's value at temperature %d", (temperature, expected) => {
    const value = distillationLoss(tf.tensor2d(student), tf.tensor2d(teacher), temperature).dataSync()[0];
    expect(Math.abs((value as number) - expected)).toBeLessThan(1e-6);
  });

  test("is zero when student and teacher agree, however it is measured", () => {
    const logits = tf.tensor2d(teacher);
    for (const measure of ["teacher-first", "student-first", "l1"] as const)
      expect(distillationLoss(logits, logits, 4, measure).dataSync()[0]).toBe(0);
  });

  test.each(["student-first", "l1"] as const)(
    "measured %s has the gradient that finite differences give",
    (measure) => {
      const compute = (z: tf.Tensor) => distillationLoss(z as tf.Tensor2D, tf.tensor2d(teacher), 2, measure);
      expect(gradientError(compute, [tf.tensor2d(student)])).toBeLessThan(5e-3);
    },
  );

  test("stays finite, in value and gradient, for logits far apart", () => {
    const { value, gradient } = valueAndGradient(
      (z) => distillationLoss(z, tf.tensor2d([[1e4, -1e4]]), 1),
      [[-1e4, 1e4]],
    );
    expect([value, ...gradient.flat()].every(Number.isFinite)).toBe(true);
  });

  test("leaks no tensor", () => {
    const [s, t] = [tf.tensor2d(student), tf.tensor2d(teacher)];
    const before = tf.memory().numTensors;
    distillationLoss(s, t, 4).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
