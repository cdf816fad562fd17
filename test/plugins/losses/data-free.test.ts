import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type NormInput } from "../../../core/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { batchNormStatisticsLoss } from "../../../plugins/losses/batch-norm-statistics.js";
import { classPriors, disagreement } from "../../../plugins/losses/index.js";
import { contrastLoss } from "../../../plugins/losses/semantic-contrast.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const step = { epoch: 0, index: 0, progress: 0 };
const logits = (rows: number[][]) => tf.tensor2d(rows);

describe.each(engineNames)("the losses of data-free distillation on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  describe("batch-norm statistics", () => {
    // Channels last: [image][row][column][channel].
    const input = () => tf.tensor4d([1, 0, 2, 0, 3, 1, 4, 1, 2, 5, 2, 5, 2, 5, 2, 5], [2, 2, 2, 2]);
    const layer = (input: tf.Tensor4D): NormInput => ({
      input,
      mean: tf.tensor1d([1, 2]),
      variance: tf.tensor1d([1, 4]),
    });

    test("are the plain distances of mean and biased variance, as in the specification", () => {
      expect(batchNormStatisticsLoss([layer(input())])).toBeAllclose(tf.scalar(2.6856681427), { absolute: 1e-5 });
    });

    test("add up over the layers", () => {
      const twice = batchNormStatisticsLoss([layer(input()), layer(input())]);
      expect(twice).toBeAllclose(tf.scalar(2 * 2.6856681427), { absolute: 1e-5 });
    });

    test("have the gradient that finite differences give", () => {
      const compute = (x: tf.Tensor) => batchNormStatisticsLoss([layer(x as tf.Tensor4D)]);
      expect(gradientError(compute, [tf.randomNormal([3, 2, 2, 2], 0, 1, "float32", 4)])).toBeLessThan(5e-3);
    });

    test("have a gradient of 0, not of NaN, where the batch is just what the layer remembers", () => {
      const x = input();
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const same = { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
      const gradient = tf.grad((x) => batchNormStatisticsLoss([{ input: x as tf.Tensor4D, ...same }]))(x);
      expect(gradient).toBeAllclose(tf.zerosLike(x));
    });
  });

  describe("semantic contrast", () => {
    const teacher = () =>
      tf.tensor2d([
        [1, 0, 0],
        [0, 1, 0],
      ]);
    const student = () =>
      tf.tensor2d([
        [0.9, 0.1, 0.2],
        [0.3, 0.8, -0.1],
      ]);

    test.each([
      [0.5, "teacher", 0.3291305109],
      [0.5, "both", 0.3950307097],
      [0.07, "teacher", 7.470651e-5],
      [0.07, "both", 3.445565e-4],
    ] as const)("at temperature %d with anchors %s is the specification's %d", (temperature, anchors, expected) => {
      // In float32 the logarithm of nearly 1 keeps an absolute error, not a relative one.
      const loss = contrastLoss(teacher(), student(), temperature, anchors);
      expect(loss).toBeAllclose(tf.scalar(expected), { absolute: 2e-6 });
    });

    test("has the gradients that finite differences give", () => {
      const inputs = [1, 2].map((seed) => tf.randomNormal([4, 5], 0, 1, "float32", seed));
      const compute = (u: tf.Tensor, v: tf.Tensor) => contrastLoss(u as tf.Tensor2D, v as tf.Tensor2D, 0.5, "both");
      expect(gradientError(compute as (...inputs: tf.Tensor[]) => tf.Tensor, inputs)).toBeLessThan(5e-3);
    });
  });

  describe("disagreement", () => {
    const term = (options: Parameters<typeof disagreement>[0], teacher: tf.Tensor2D, student: tf.Tensor2D) => {
      const training = createTraining({ plugins: [disagreement(options)] });
      const outputs = { byTeacher: { logits: teacher }, byStudent: { logits: student } };
      return training.hooks.loss.call({}, outputs, {}, step).disagreement as tf.Scalar;
    };
    const [p, q] = [Math.log(3), 0];

    test("is minus the divergence from the teacher to the student", () => {
      // softmax (3/4, 1/4) against (1/2, 1/2)
      const expected = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
      expect(term({}, logits([[p, q]]), logits([[0, 0]]))).toBeAllclose(tf.scalar(-expected), { absolute: 1e-6 });
    });

    test("the other way round is minus the divergence from the student to the teacher", () => {
      const expected = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
      const value = term({ measure: "student-first" }, logits([[p, q]]), logits([[0, 0]]));
      expect(value).toBeAllclose(tf.scalar(-expected), { absolute: 1e-6 });
    });

    test("can be minus the mean absolute difference of logits", () => {
      expect(term({ measure: "l1", weight: 2 }, logits([[1, 3]]), logits([[0, 0]]))).toBeAllclose(tf.scalar(-4));
    });

    test("can leave out images on which both see different classes, still averaging over all", () => {
      const teacher = logits([
        [p, q],
        [p, q],
      ]);
      const student = logits([
        [0.1, 0],
        [0, 0.1],
      ]);
      const first = term({}, teacher.slice([0, 0], [1, 2]), student.slice([0, 0], [1, 2]));
      expect(term({ agreedOnly: true }, teacher, student)).toBeAllclose(first.div(2), { absolute: 1e-6 });
    });
  });

  test("class priors are the cross-entropy with the teacher's own choice, and the negative entropy of its mean answer", () => {
    const training = createTraining({ plugins: [classPriors({ oneHot: 1, balance: 2 })] });
    const teacher = logits([
      [Math.log(3), 0],
      [0, Math.log(3)],
    ]);
    const terms = training.hooks.loss.call({}, { byTeacher: { logits: teacher } }, {}, step);
    expect(terms.oneHot as tf.Tensor).toBeAllclose(tf.scalar(-Math.log(0.75)), { absolute: 1e-6 });
    expect(terms.classBalance as tf.Tensor).toBeAllclose(tf.scalar(2 * Math.log(0.5)), { absolute: 1e-6 });
    expect(terms.activation).toBeUndefined();
  });

  test("class priors can ask for drawn classes instead of the teacher's own choice", () => {
    const training = createTraining({ plugins: [classPriors({ oneHot: 2, targets: "labels" })] });
    const outputs = { byTeacher: { logits: logits([[Math.log(3), 0]]) } };
    const terms = training.hooks.loss.call({}, outputs, { labels: logits([[0, 1]]) }, step);
    expect(terms.oneHot as tf.Tensor).toBeAllclose(tf.scalar(-2 * Math.log(0.25)), { absolute: 1e-6 });
    expect(() => training.hooks.loss.call({}, outputs, {}, step)).toThrow("Let noise() draw them");
  });
});
