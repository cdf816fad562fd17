import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  type DecoupledTargets,
  type DecoupledTerms,
  decoupledDistillationLoss,
  mixedDecoupledDistillationLoss,
} from "../../../plugins/losses/decoupled-distillation-loss.js";
import { distillationLoss } from "../../../plugins/losses/distillation-loss.js";
import { student, teacher } from "../../support/logits.js";
import { goldenLosses, oneHot, valueAndGradient } from "./golden.js";
import { expectGolden } from "./golden-cases.js";

const forms: readonly DecoupledTargets[] = ["ternary", "merged", "pair"];

const weighted = ({ target, nonTarget }: DecoupledTerms, alpha: number, beta: number) =>
  target.mul(alpha).add<tf.Scalar>(nonTarget.mul(beta));
const numbers = ({ target, nonTarget }: DecoupledTerms) => [target.dataSync()[0], nonTarget.dataSync()[0]] as number[];

describe("decoupled distillation loss", () => {
  test.each(goldenLosses("dkd"))("equals the golden value and gradient, case %#", expectGolden);

  test("gives the specification's terms at temperature 4", () => {
    const terms = decoupledDistillationLoss(tf.tensor2d(student), tf.tensor2d(teacher), oneHot([0, 1], 5), 4);
    const [target, nonTarget] = numbers(terms) as [number, number];
    expect(Math.abs(target - 0.1181768904)).toBeLessThan(1e-6);
    expect(Math.abs(nonTarget - 0.1522476245)).toBeLessThan(1e-6);
    expect(target + 8 * nonTarget).toBeCloseTo(1.3361578866, 5);
  });

  test("adds up to logit distillation when the rest is weighted by the teacher's doubt", () => {
    for (const [row, target] of [0, 1].entries()) {
      const [s, t] = [tf.tensor2d([student[row] as number[]]), tf.tensor2d([teacher[row] as number[]])];
      const doubt = 1 - (tf.softmax(t.div(4)).dataSync()[target] as number);
      const [tckd, nckd] = numbers(decoupledDistillationLoss(s, t, oneHot([target], 5), 4)) as [number, number];
      const whole = distillationLoss(s, t, 4).dataSync()[0] as number;
      expect(Math.abs(tckd + doubt * nckd - whole)).toBeLessThan(1e-6);
    }
  });

  test("has no non-target term between two classes", () => {
    const terms = decoupledDistillationLoss(tf.tensor2d([[1, -2]]), tf.tensor2d([[0.5, 3]]), oneHot([1], 2), 1);
    const [target, nonTarget] = numbers(terms);
    expect(nonTarget).toBe(0);
    expect(target).toBeGreaterThan(0);
  });

  test("leaks no tensor", () => {
    const [s, t, y] = [tf.tensor2d(student), tf.tensor2d(teacher), oneHot([0, 1], 5)];
    const before = tf.memory().numTensors;
    tf.dispose({ ...decoupledDistillationLoss(s, t, y, 4) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("decoupled distillation loss of mixed images", () => {
  const terms = (form: DecoupledTargets) =>
    mixedDecoupledDistillationLoss(
      tf.tensor2d(student),
      tf.tensor2d(teacher),
      oneHot([0, 1], 5),
      oneHot([1, 3], 5),
      3,
      form,
    );

  test.each(goldenLosses("dkd-mix"))("equals the golden value and gradient, case %#", expectGolden);

  test.each([
    ["ternary", 0.1667531184],
    ["merged", 0.1460190897],
    ["pair", (9 * (0.00340485 + 0.00496273)) / 2],
  ] as const)("gives the specification's %s term", (form, expected) => {
    const [target, nonTarget] = numbers(terms(form)) as [number, number];
    expect(target).toBeCloseTo(expected, 6);
    expect(nonTarget).toBeCloseTo(0.1271597334, 6);
  });

  test.each(forms)("is plain decoupled distillation when both labels agree (%s)", (form) => {
    const [s, t, y] = [tf.tensor2d(student), tf.tensor2d(teacher), oneHot([3, 1], 5)];
    const mixed = numbers(mixedDecoupledDistillationLoss(s, t, y, y, 3, form));
    const plain = numbers(decoupledDistillationLoss(s, t, y, 3));
    expect(mixed[0]).toBeCloseTo(plain[0] as number, 6);
    expect(mixed[1]).toBeCloseTo(plain[1] as number, 6);
  });

  test("adds up to logit distillation when the rest is weighted by its probability", () => {
    const [s, t] = [tf.tensor2d([student[1] as number[]]), tf.tensor2d([teacher[1] as number[]])];
    const [target, nonTarget] = numbers(mixedDecoupledDistillationLoss(s, t, oneHot([1], 5), oneHot([3], 5), 3)) as [
      number,
      number,
    ];
    expect(target + 0.43710801 * nonTarget).toBeCloseTo(distillationLoss(s, t, 3).dataSync()[0] as number, 6);
  });

  test("between two classes compares those two alone", () => {
    const [s, t] = [tf.tensor2d([[1, -2]]), tf.tensor2d([[0.5, 3]])];
    const [target, nonTarget] = numbers(mixedDecoupledDistillationLoss(s, t, oneHot([0], 2), oneHot([1], 2), 2));
    expect(nonTarget).toBe(0);
    expect(target).toBeCloseTo(distillationLoss(s, t, 2).dataSync()[0] as number, 5);
  });

  test("with one class left over has no non-target term", () => {
    const [s, t] = [tf.tensor2d([[1, -2, 0.5]]), tf.tensor2d([[0.5, 3, -1]])];
    const [target, nonTarget] = numbers(mixedDecoupledDistillationLoss(s, t, oneHot([0], 3), oneHot([2], 3), 2));
    expect(nonTarget).toBe(0);
    expect(target).toBeCloseTo(distillationLoss(s, t, 2).dataSync()[0] as number, 5);
  });

  const extremes = [2, 3, 4].flatMap((classes) => forms.map((form) => ({ classes, form })));
  test.each(extremes)("never becomes NaN, in value or gradient: $classes classes, $form", ({ classes, form }) => {
    const rows: number[][] = [0, 1, 50, 1e3, 1e5].flatMap((scale) =>
      [1, -1].map((sign) => Array.from({ length: classes }, (_, k) => sign * scale * (k - 1))),
    );
    const teacherLogits = tf.tensor2d(rows.map((row) => [...row].reverse()));
    for (const other of [0, 1, classes - 1]) {
      const labels = oneHot(
        rows.map(() => 0),
        classes,
      );
      const others = oneHot(
        rows.map(() => Math.min(other, classes - 1)),
        classes,
      );
      const { value, gradient } = valueAndGradient(
        (z) => weighted(mixedDecoupledDistillationLoss(z, teacherLogits, labels, others, 1, form), 1, 8),
        rows,
      );
      expect([value, ...gradient.flat()].every(Number.isFinite)).toBe(true);
    }
  });

  test.each(forms)("has the gradient that finite differences find (%s)", (form) => {
    const [labels, others, t] = [oneHot([0, 3], 5), oneHot([2, 3], 5), tf.tensor2d(teacher)];
    const loss = (z: tf.Tensor2D) => weighted(mixedDecoupledDistillationLoss(z, t, labels, others, 2, form), 1, 8);
    const { gradient } = valueAndGradient(loss, student);
    const step = 0.05;
    for (const row of [0, 1])
      for (const column of [0, 1, 2, 3, 4]) {
        const nudged = (by: number) => student.map((z, i) => z.map((x, j) => (i === row && j === column ? x + by : x)));
        const difference = (by: number) => loss(tf.tensor2d(nudged(by))).dataSync()[0] as number;
        expect(gradient[row]?.[column]).toBeCloseTo((difference(step) - difference(-step)) / (2 * step), 2);
      }
  });

  test("leaks no tensor", () => {
    const [s, t, a, b] = [tf.tensor2d(student), tf.tensor2d(teacher), oneHot([0, 1], 5), oneHot([1, 3], 5)];
    const before = tf.memory().numTensors;
    for (const form of forms) tf.dispose({ ...mixedDecoupledDistillationLoss(s, t, a, b, 4, form) });
    expect(tf.memory().numTensors).toBe(before);
  });
});
