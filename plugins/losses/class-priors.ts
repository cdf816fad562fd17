/** What generated images should be to their teacher: clear, of all classes, and of strong features. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, need, type OptionsOf } from "../../core/index.js";
import { globalAveragePool } from "../../core/ops/index.js";
import { weight } from "../layers/option-types.js";

const name = "class-priors";

const schema = z.object({
  oneHot: weight.default(0).describe("Weight of oneHot: cross-entropy of the teacher's logits with a class."),
  targets: z
    .enum(["first-choice", "labels"])
    .default("first-choice")
    .describe("With which class: the teacher's own first choice, or batch.labels, which noise can draw."),
  balance: weight
    .default(0)
    .describe(
      "Weight of classBalance: Σ_k p̄_k ln p̄_k of the batch's mean softmax, lowest when all classes come up alike.",
    ),
  activation: weight
    .default(0)
    .describe("Weight of activation: minus the mean absolute value of the teacher's pooled features."),
});

export type ClassPriorsOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    "class-priors": ClassPriorsOptions;
  }
}

/**
 * Adds those of the terms `oneHot`, `classBalance` and `activation` whose weight is not 0. From `generatedOutputs()`, listed before
 * it.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Data-Free Learning of Student Networks", 2019, equations 3 to 6
 */
export const classPriors = defineLoss<ClassPriorsOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ oneHot, targets }) => ({
    outputs: ["byTeacher"],
    ...(oneHot > 0 && targets === "labels" && { batch: ["labels"] }),
  }),
  create:
    ({ oneHot, targets, balance, activation }) =>
    (outputs, batch) => {
      if (oneHot === 0 && balance === 0 && activation === 0) return {};
      const byTeacher = need(outputs, "byTeacher", name, "List generatedOutputs() before it.");
      const logits = need(byTeacher, "logits", name);
      const labels = () => need(batch, "labels", name, "Let noise() draw them: labels: true.");
      const chosen = (logs: tf.Tensor) => (targets === "labels" ? logs.mul(labels()).sum(-1) : logs.max(-1));
      const strength = () =>
        globalAveragePool(need(byTeacher, "features", name))
          .abs()
          .mean();
      const term = (weight: number, compute: () => tf.Tensor) =>
        tf.tidy(() => compute().asScalar().mul<tf.Scalar>(weight));
      return {
        ...(oneHot > 0 && { oneHot: term(oneHot, () => chosen(tf.logSoftmax(logits)).mean().neg()) }),
        ...(balance > 0 && { classBalance: term(balance, () => negativeEntropy(logits)) }),
        ...(activation > 0 && { activation: term(activation, () => strength().neg()) }),
      };
    },
});

/** Of the mean distribution of the batch. */
function negativeEntropy(logits: tf.Tensor2D): tf.Tensor {
  const mean = tf.softmax(logits).mean(0);
  // A class that never comes up adds 0, not 0 · −∞.
  return mean.mul(mean.maximum(1e-30).log()).sum();
}
