import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
import { distillationLoss } from "../../../plugins/losses/distillation-loss.js";
import { logitDistillation } from "../../../plugins/losses/logit-distillation.js";
import { losses } from "../../../plugins/losses/losses.js";

const step = { epoch: 0, index: 0, progress: 0 };
const logits = tf.tensor2d([[1, 0.5, -2]]);
const teacherLogits = tf.tensor2d([[2, -1, 0]]);
const number = (term: tf.Scalar | undefined) => term?.dataSync()[0] as number;

describe("logit distillation plugin", () => {
  test("adds its term, weighted, and leaves the others alone", () => {
    const { hooks } = createTraining({ plugins: [logitDistillation({ temperature: 2, weight: 0.5 })] });
    const terms = hooks.loss.call({ crossEntropy: tf.scalar(1) }, { logits }, { teacherLogits }, step);
    expect(Object.keys(terms)).toEqual(["crossEntropy", "distillation"]);
    expect(number(terms.distillation)).toBeCloseTo(0.5 * number(distillationLoss(logits, teacherLogits, 2)), 6);
  });

  test("can be chosen by name", () => {
    const config = { losses: [{ name: "logit-distillation", temperature: 3 }] } as const;
    const { hooks } = createTraining({ plugins: [losses()], config });
    expect(number(hooks.loss.call({}, { logits }, { teacherLogits }, step).distillation)).toBeCloseTo(
      number(distillationLoss(logits, teacherLogits, 3)),
      6,
    );
  });

  test("can take the student's distribution for the target, or compare the logits themselves", () => {
    const term = (measure: "student-first" | "l1") => {
      const { hooks } = createTraining({ plugins: [logitDistillation({ temperature: 2, measure })] });
      return number(hooks.loss.call({}, { logits }, { teacherLogits }, step).distillation);
    };
    expect(term("student-first")).toBeCloseTo(number(distillationLoss(teacherLogits, logits, 2)), 6);
    expect(term("student-first")).not.toBeCloseTo(number(distillationLoss(logits, teacherLogits, 2)), 3);
    expect(term("l1")).toBeCloseTo((1 + 1.5 + 2) / 3, 6);
  });

  test("of weight 0 adds no term", () => {
    const { hooks } = createTraining({ plugins: [logitDistillation({ weight: 0 })] });
    expect(hooks.loss.call({}, { logits }, { teacherLogits }, step)).toEqual({});
  });

  test("tells what to list when there are no teacher logits", () => {
    const { hooks } = createTraining({ plugins: [logitDistillation()] });
    expect(() => hooks.loss.call({}, { logits }, {}, step)).toThrow("List teacherLogits() before it.");
  });

  test("leaks no tensor", () => {
    const { hooks } = createTraining({ plugins: [logitDistillation()] });
    const before = tf.memory().numTensors;
    hooks.loss.call({}, { logits }, { teacherLogits }, step).distillation?.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("refuses a temperature of zero, and a negative weight", () => {
    expect(() => logitDistillation({ temperature: 0 })).toThrow('option "temperature" must be greater than 0');
    expect(() => logitDistillation({ measure: "l2" as "l1" })).toThrow('option "measure" must be one of');
    expect(() => logitDistillation({ weight: -0.1 })).toThrow('option "weight" must be at least 0');
  });
});
