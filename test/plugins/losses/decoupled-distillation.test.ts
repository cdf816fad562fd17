import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type Batch, createTraining } from "../../../core/index.js";
import {
  type DecoupledDistillationOptions,
  decoupledDistillation,
} from "../../../plugins/losses/decoupled-distillation.js";
import {
  type DecoupledTerms,
  decoupledDistillationLoss,
  mixedDecoupledDistillationLoss,
} from "../../../plugins/losses/decoupled-distillation-loss.js";
import { losses } from "../../../plugins/losses/losses.js";
import { mixedCrossEntropy } from "../../../plugins/losses/softmax-cross-entropy.js";
import { oneHot } from "./golden.js";

const logits = tf.tensor2d([
  [1, 0.5, 0.2, -0.3, 0.8],
  [0.1, 1, 0.4, 0.9, -0.5],
]);
const teacherLogits = tf.tensor2d([
  [2, 1, 0.1, -1, 0.5],
  [0.3, 2.2, -0.7, 1.5, 0],
]);
const plain: Batch = { labels: oneHot([0, 1], 5), teacherLogits };
const mixed: Batch = { ...plain, otherLabels: oneHot([1, 3], 5) };

const at = (epoch: number) => ({ epoch, index: 0, progress: 0 });
const numbers = ({ target, nonTarget }: DecoupledTerms) =>
  [target.dataSync()[0], nonTarget.dataSync()[0]] as [number, number];

describe("decoupled distillation plugin", () => {
  const call = (options: DecoupledDistillationOptions, batch: Batch, epoch = 0) => {
    const { hooks } = createTraining({ plugins: [decoupledDistillation(options)] });
    const { decoupledTarget, decoupledNonTarget } = hooks.loss.call({}, { logits }, batch, at(epoch));
    return numbers({ target: decoupledTarget as tf.Scalar, nonTarget: decoupledNonTarget as tf.Scalar });
  };

  test("adds both terms by name, weighted, and leaves the others alone", () => {
    const { hooks } = createTraining({ plugins: [decoupledDistillation()] });
    const terms = hooks.loss.call({ crossEntropy: tf.scalar(1) }, { logits }, plain, at(0));
    expect(Object.keys(terms)).toEqual(["crossEntropy", "decoupledTarget", "decoupledNonTarget"]);
    const [target, nonTarget] = numbers(
      decoupledDistillationLoss(logits, teacherLogits, plain.labels as tf.Tensor2D, 4),
    );
    const [actualTarget, actualNonTarget] = call({ alpha: 2, beta: 3, weight: 0.5 }, plain);
    expect(actualTarget).toBeCloseTo(target, 6);
    expect(actualNonTarget).toBeCloseTo(1.5 * nonTarget, 6);
  });

  test.each(["ternary", "merged", "pair"] as const)(
    "takes both classes of a mixed batch as targets (%s)",
    (targets) => {
      const { labels, otherLabels } = mixed as Required<Pick<Batch, "labels" | "otherLabels">>;
      const loss = mixedDecoupledDistillationLoss(logits, teacherLogits, labels, otherLabels, 3, targets);
      const [target, nonTarget] = numbers(loss);
      const actual = call({ temperature: 3, beta: 1, targets }, mixed);
      expect(actual[0]).toBeCloseTo(target, 6);
      expect(actual[1]).toBeCloseTo(nonTarget, 6);
    },
  );

  test("together with mixed cross-entropy gives the specification's DADKD objective", () => {
    const soft = call({ temperature: 3, weight: 0.3 }, mixed);
    const hard = mixedCrossEntropy(logits, {
      labels: mixed.labels as tf.Tensor2D,
      otherLabels: mixed.otherLabels as tf.Tensor2D,
      labelWeights: tf.tensor1d([0.7, 0.9]),
      otherLabelWeights: tf.tensor1d([0.4, 0.05]),
    });
    const total = soft[0] + soft[1] + 0.7 * (hard.dataSync()[0] as number);
    expect(total).toBeCloseTo(1.2427577651, 5);
  });

  test("warms up from the first epoch on, in equal steps", () => {
    const full = call({}, plain);
    const share = (epoch: number) => call({ warmupEpochs: 4 }, plain, epoch)[0] / full[0];
    expect([0, 1, 2, 3, 4].map((epoch) => Math.round(share(epoch) * 100))).toEqual([25, 50, 75, 100, 100]);
  });

  test("can be chosen by name", () => {
    const config = { losses: [{ name: "decoupled-distillation", temperature: 3 }] } as const;
    const { hooks } = createTraining({ plugins: [losses()], config });
    const terms = hooks.loss.call({}, { logits }, mixed, at(0));
    expect(Object.keys(terms)).toEqual(["decoupledTarget", "decoupledNonTarget"]);
    expect(tf.addN(Object.values(terms)).dataSync()[0]).toBeCloseTo(1.1840309852, 5);
  });

  test("tells what to list when there are no teacher logits", () => {
    const { hooks } = createTraining({ plugins: [decoupledDistillation()] });
    expect(() => hooks.loss.call({}, { logits }, { labels: plain.labels as tf.Tensor2D }, at(0))).toThrow(
      "List teacherLogits() before it.",
    );
  });

  test("leaks no tensor", () => {
    const { hooks } = createTraining({ plugins: [decoupledDistillation()] });
    const before = tf.memory().numTensors;
    tf.dispose({ ...hooks.loss.call({}, { logits }, mixed, at(0)) });
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [{ temperature: -4 }, 'option "temperature" must be greater than 0, received -4'],
    [{ alpha: -1 }, 'option "alpha" must be at least 0'],
    [{ beta: Number.NaN }, 'option "beta" must be at least 0'],
    [{ weight: -1 }, 'option "weight" must be at least 0'],
    [{ warmupEpochs: -1 }, 'option "warmupEpochs" must be at least 0'],
    [{ targets: "both" as "pair" }, 'option "targets" must be one of ternary, merged, pair, received "both"'],
  ])("refuses %o", (options, message) => {
    expect(() => decoupledDistillation(options)).toThrow(message);
  });
});
