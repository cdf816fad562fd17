import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { mixedCrossEntropy, softmaxCrossEntropy } from "../../../plugins/losses/softmax-cross-entropy.js";
import { goldenLosses, oneHot, valueAndGradient } from "./golden.js";
import { expectGolden } from "./golden-cases.js";

const logits = [
  [1, 0.5, 0.2, -0.3, 0.8],
  [0.1, 1, 0.4, 0.9, -0.5],
];

describe("softmax cross-entropy", () => {
  test.each(goldenLosses("cross-entropy"))("equals the golden value and gradient, case %#", expectGolden);

  test("reads class indices as it reads one-hot labels", () => {
    const z = tf.tensor2d(logits);
    const dense = softmaxCrossEntropy(z, tf.tensor1d([4, 2], "int32"), 0.1).arraySync();
    expect(dense).toEqual(softmaxCrossEntropy(z, oneHot([4, 2], 5), 0.1).arraySync());
  });

  test("agrees with the definition, written naively", () => {
    const naive = logits.map((row, i) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - (row[i] as number));
    const actual = softmaxCrossEntropy(tf.tensor2d(logits), oneHot([0, 1], 5)).arraySync();
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(naive[i] as number, 6);
    });
  });

  test("stays finite, in value and gradient, for logits far apart", () => {
    const { value, gradient } = valueAndGradient(
      (z) => softmaxCrossEntropy(z, oneHot([1], 3), 0.1).mean(),
      [[1e4, -1e4, 0]],
    );
    expect([value, ...gradient.flat()].every(Number.isFinite)).toBe(true);
  });

  test("leaks no tensor", () => {
    const [z, y] = [tf.tensor2d(logits), oneHot([0, 1], 5)];
    const before = tf.memory().numTensors;
    softmaxCrossEntropy(z, y, 0.1).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("mixed cross-entropy", () => {
  const mixed = (
    a: readonly number[],
    b: readonly number[],
    weightsA: number[],
    weightsB: number[],
    classes: number,
  ) => ({
    labels: oneHot(a, classes),
    otherLabels: oneHot(b, classes),
    labelWeights: tf.tensor1d(weightsA),
    otherLabelWeights: tf.tensor1d(weightsB),
  });

  test.each(goldenLosses("mixed-cross-entropy"))("equals the golden value and gradient, case %#", expectGolden);

  test("gives the hard loss of the specification", () => {
    const loss = mixedCrossEntropy(tf.tensor2d(logits), mixed([0, 1], [1, 3], [0.7, 0.9], [0.4, 0.05], 5));
    expect(loss.dataSync()[0]).toBeCloseTo(1.2679263851, 6);
  });

  test("smooths each label in proportion to its weight", () => {
    const z = tf.tensor2d(logits);
    const each = (labels: number[]) => softmaxCrossEntropy(z, oneHot(labels, 5), 0.2).arraySync();
    const [a, b] = [each([0, 1]), each([1, 3])] as [[number, number], [number, number]];
    const expected = (0.7 * a[0] + 0.4 * b[0] + 0.9 * a[1] + 0.05 * b[1]) / 2;
    const loss = mixedCrossEntropy(z, mixed([0, 1], [1, 3], [0.7, 0.9], [0.4, 0.05], 5), 0.2);
    expect(loss.dataSync()[0]).toBeCloseTo(expected, 6);
  });

  test("leaks no tensor", () => {
    const [z, labels] = [tf.tensor2d(logits), mixed([0, 1], [1, 3], [0.7, 0.9], [0.4, 0.05], 5)];
    const before = tf.memory().numTensors;
    mixedCrossEntropy(z, labels, 0.1).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
