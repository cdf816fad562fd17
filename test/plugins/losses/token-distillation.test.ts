import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Outputs } from "../../../core/index.js";
import { crossEntropy, type TokenDistillationOptions, tokenDistillation } from "../../../plugins/index.js";
import { startEngine } from "../../support/engines.js";
import { goldenLosses } from "./golden.js";
import { expectGolden } from "./golden-cases.js";

beforeAll(() => startEngine("cpu"));
beforeAll(() => tf.engine().startScope());
afterAll(() => tf.engine().endScope());

const step = { epoch: 0, index: 0, progress: 0 };

/** The terms of DeiT's loss, each at its weight, for logits of both tokens. */
function terms(options: TokenDistillationOptions, outputs: Outputs, teacherLogits: tf.Tensor2D, labels: tf.Tensor2D) {
  const plugins = [crossEntropy({ token: "class", weight: 0.5 }), tokenDistillation({ ...options, weight: 0.5 })];
  const { hooks } = createTraining({ plugins });
  return hooks.loss.call({}, outputs, { labels, teacherLogits }, step);
}

describe.each(["deit-hard", "deit-soft"])("the loss of DeiT, %s", (loss) => {
  test.each(goldenLosses(loss))("equals the golden value and gradient, case %#", expectGolden);
});

describe("the numbers of the definition", () => {
  const outputs = {
    classTokenLogits: tf.tensor2d([
      [1, 0.5, 0.2, -0.3, 0.8],
      [0.1, 1, 0.4, 0.9, -0.5],
    ]),
    distillationTokenLogits: tf.tensor2d([
      [0.9, 0.2, 0.1, 0, 0.3],
      [0.2, 0.8, 0.1, 1.1, 0],
    ]),
  };
  const teacher = tf.tensor2d([
    [2, 1, 0.1, -1, 0.5],
    [0.3, 2.2, -0.7, 1.5, 0],
  ]);
  const labels = tf.tensor2d([
    [1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0],
  ]);
  const numbers = (options: TokenDistillationOptions) =>
    Object.fromEntries(
      Object.entries(terms(options, outputs, teacher, labels)).map(([name, value]) => [name, value.dataSync()[0]]),
    );

  test.each([
    { options: { kind: "hard" }, distillation: 1.2059114865 },
    { options: { kind: "soft", temperature: 3, reduction: "elements" }, distillation: 0.0495783622 },
    { options: { kind: "soft", temperature: 3 }, distillation: 0.2478918112 },
  ] as const)("come out: $options", ({ options, distillation }) => {
    const { crossEntropy: base, tokenDistillation: taught } = numbers(options);
    expect(base).toBeCloseTo(1.1362523707 / 2, 6);
    expect(taught).toBeCloseTo(distillation / 2, 6);
  });

  test("without a teacher the labels are held against the mean of both tokens, or against each", () => {
    const given = {
      ...outputs,
      logits: outputs.classTokenLogits.add(outputs.distillationTokenLogits).div<tf.Tensor2D>(2),
    };
    const loss = (token: "all" | "class" | "each", of: Outputs = given) =>
      createTraining({ plugins: [crossEntropy({ token })] })
        .hooks.loss.call({}, of, { labels }, step)
        .crossEntropy?.dataSync()[0] as number;
    const swapped = { ...given, classTokenLogits: outputs.distillationTokenLogits };
    expect(loss("each")).toBeCloseTo((loss("class") + loss("class", swapped)) / 2, 6);
    expect(loss("all")).toBeCloseTo(loss("class", { ...given, classTokenLogits: given.logits as tf.Tensor2D }), 6);
  });
});
