import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
import { weightsOf } from "../../../plugins/losses/class-weights.js";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.js";
import { losses } from "../../../plugins/losses/losses.js";
import { mixedCrossEntropy, softmaxCrossEntropy } from "../../../plugins/losses/softmax-cross-entropy.js";
import { oneHot } from "./golden.js";

const step = { epoch: 0, index: 0, progress: 0 };
const logits = tf.tensor2d([
  [1, 0.5, -2],
  [0, 3, 1],
]);
const labels = oneHot([0, 2], 3);
const mixed = {
  labels,
  otherLabels: oneHot([1, 2], 3),
  labelWeights: tf.tensor1d([0.7, 0.9]),
  otherLabelWeights: tf.tensor1d([0.4, 0.05]),
};
const number = (term: tf.Scalar | undefined) => term?.dataSync()[0] as number;

describe("cross-entropy plugin", () => {
  const terms = (options: Parameters<typeof crossEntropy>[0], batch: object) =>
    createTraining({ plugins: [crossEntropy(options)] }).hooks.loss.call(
      { other: tf.scalar(1) },
      { logits },
      batch,
      step,
    );

  test("adds its term and leaves the others alone", () => {
    expect(Object.keys(terms({}, { labels }))).toEqual(["other", "crossEntropy"]);
  });

  test("is the weighted mean over the batch", () => {
    const expected = number(softmaxCrossEntropy(logits, labels, 0.1).mean());
    expect(number(terms({ smoothing: 0.1, weight: 0.7 }, { labels }).crossEntropy)).toBeCloseTo(0.7 * expected, 6);
  });

  test("uses both labels of a mixed batch", () => {
    expect(number(terms({}, mixed).crossEntropy)).toBeCloseTo(number(mixedCrossEntropy(logits, mixed)), 6);
    expect(number(terms({}, mixed).crossEntropy)).not.toBeCloseTo(number(terms({}, { labels }).crossEntropy), 2);
  });

  test("smooths the labels of a mixed batch as timm does: of 320 classes, 0.9003125 and 0.0003125 before they are mixed", () => {
    const [on, off, share] = [0.9003125, 0.0003125, 0.3];
    const many = tf.tensor2d([Array.from({ length: 320 }, (_, label) => Math.sin(label))]);
    const batch = {
      labels: oneHot([7], 320),
      otherLabels: oneHot([200], 320),
      labelWeights: tf.tensor1d([share]),
      otherLabelWeights: tf.tensor1d([1 - share]),
    };
    const shares = [...many.logSoftmax().dataSync()];
    const target = (label: number) => share * (label === 7 ? on : off) + (1 - share) * (label === 200 ? on : off);
    const expected = -shares.reduce((sum, value, label) => sum + target(label) * value, 0);
    expect(number(mixedCrossEntropy(many, batch, 0.1))).toBeCloseTo(expected, 4);
  });

  test("can be chosen by name", () => {
    const config = { losses: [{ name: "cross-entropy", smoothing: 0.1 }] } as const;
    const { hooks } = createTraining({ plugins: [losses()], config });
    const { crossEntropy } = hooks.loss.call({}, { logits }, { labels }, step);
    expect(number(crossEntropy)).toBeCloseTo(number(softmaxCrossEntropy(logits, labels, 0.1).mean()), 6);
  });

  test("lets the images of each class count as given, of mixed images both labels", () => {
    const losses = [...softmaxCrossEntropy(logits, labels).dataSync()] as [number, number];
    const weighed = terms({ classWeights: [2, 1, 0.5] }, { labels });
    expect(number(weighed.crossEntropy)).toBeCloseTo((2 * losses[0] + 0.5 * losses[1]) / 2, 6);
    const others = [...softmaxCrossEntropy(logits, mixed.otherLabels).dataSync()] as [number, number];
    // Labels 0 and 2, others 1 and 2.
    const expected = (0.7 * 2 * losses[0] + 0.4 * others[0] + 0.5 * (0.9 * losses[1] + 0.05 * others[1])) / 2;
    expect(number(terms({ classWeights: [2, 1, 0.5] }, mixed).crossEntropy)).toBeCloseTo(expected, 6);
    const mistake = '"classWeights" must be one weight for each of 3 classes, received 2.';
    expect(() => terms({ classWeights: [1, 2] }, { labels })).toThrow(mistake);
    const both = '"balance" must be none beside classWeights';
    expect(() => terms({ classWeights: [1, 2, 3], balance: "inverse" }, { labels })).toThrow(both);
  });

  test("weighs classes by the training images that its batch tells of", () => {
    const losses = [...softmaxCrossEntropy(logits, labels).dataSync()] as [number, number];
    // 1/8, 1/2, 1/2 of 12 images in 3 classes: each class has a third of the weight of all images.
    const inverse = terms({ balance: "inverse" }, { labels, classCounts: [8, 2, 2] });
    expect(number(inverse.crossEntropy)).toBeCloseTo((0.5 * losses[0] + 2 * losses[1]) / 2, 6);
    expect(() => terms({ balance: "inverse" }, { labels })).toThrow('[cross-entropy] needs "classCounts"');
  });

  test("says which field is missing", () => {
    expect(() => terms({}, {})).toThrow('[cross-entropy] needs "labels"');
  });

  test("leaks no tensor", () => {
    const training = createTraining({ plugins: [crossEntropy({ smoothing: 0.1, weight: 0.5 })] });
    const before = tf.memory().numTensors;
    training.hooks.loss.call({}, { logits }, mixed, step).crossEntropy?.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [{ smoothing: 1 }, 'option "smoothing" must be in [0, 1), received 1'],
    [{ smoothing: Number.NaN }, 'option "smoothing" must be in [0, 1)'],
    [{ weight: -1 }, 'option "weight" must be at least 0, received -1'],
  ])("refuses %o", (options, message) => {
    expect(() => crossEntropy(options)).toThrow(message);
  });
});

describe("class weights", () => {
  test("by effective numbers are those of the paper's equation, scaled to a mean of 1 over images", () => {
    // (1 - 0.9) / (1 - 0.9^n) for 1, 2 and 10 images: 1, 0.526316 and 0.153534.
    const raw = [1, 0.1 / 0.19, 0.1 / 0.6513215599];
    const mean = (raw[0] as number) / 13 + (2 * (raw[1] as number)) / 13 + (10 * (raw[2] as number)) / 13;
    const weights = weightsOf("effective", [1, 2, 10], 0.9);
    for (const [at, weight] of weights.entries()) expect(weight).toBeCloseTo((raw[at] as number) / mean, 9);
  });

  test("are alike for classes alike, and 0 for a class that has no image", () => {
    for (const how of ["inverse", "effective"] as const) {
      for (const weight of weightsOf(how, [4, 4, 4], 0.99)) expect(weight).toBeCloseTo(1, 12);
      expect(weightsOf(how, [4, 0, 4], 0.99)[1]).toBe(0);
    }
    for (const weight of weightsOf("effective", [9, 1], 0)) expect(weight).toBeCloseTo(1, 12);
  });
});
