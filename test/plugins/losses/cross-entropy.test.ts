import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
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

  test("can be chosen by name", () => {
    const config = { losses: [{ name: "cross-entropy", smoothing: 0.1 }] } as const;
    const { hooks } = createTraining({ plugins: [losses()], config });
    const { crossEntropy } = hooks.loss.call({}, { logits }, { labels }, step);
    expect(number(crossEntropy)).toBeCloseTo(number(softmaxCrossEntropy(logits, labels, 0.1).mean()), 6);
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
