/** Decoupled distillation: what the teacher says of the target classes and of the others, weighted apart. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineLoss,
  describeOptions,
  need,
  type OptionsOf,
  type Outputs,
  type Step,
} from "../../core/index.js";
import { temperature, weight } from "../layers/option-types.js";
import { type DecoupledTerms, mixedDecoupledDistillationLoss } from "./decoupled-distillation-loss.js";

const name = "decoupled-distillation";

const schema = z.object({
  temperature: temperature.default(4).describe("Softens both distributions."),
  alpha: weight.default(1).describe("Weight of the target term (TCKD)."),
  beta: weight.default(8).describe("Weight of the non-target term (NCKD); 0.5 to 8 is usual."),
  warmupEpochs: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Both terms grow from 0 to their full weight over so many epochs; its authors use 20."),
  targets: z
    .enum(["ternary", "merged", "pair"])
    .default("ternary")
    .describe("What the target term compares when an image has two labels."),
  weight: weight.default(1).describe("Multiplies both terms, warm-up included."),
});

export type DecoupledDistillationOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    "decoupled-distillation": DecoupledDistillationOptions;
  }
}

/**
 * Adds the terms `decoupledTarget` and `decoupledNonTarget`: pulls the logits to `batch.teacherLogits`, which
 * `teacherLogits()`, listed before it, provides.
 *
 * Where a plugin listed before it mixed the images, the targets are the classes of both; their weights play no part.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Decoupled Knowledge Distillation", 2022
 */
export const decoupledDistillation = defineLoss<DecoupledDistillationOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["labels", "teacherLogits"], outputs: ["logits"] }),
  create: (options) => (outputs, batch, step) => {
    const { target, nonTarget } = weightedTerms(options, outputs, batch, step);
    return { decoupledTarget: target, decoupledNonTarget: nonTarget };
  },
});

function weightedTerms(
  { temperature, alpha, beta, warmupEpochs, targets, weight }: Required<DecoupledDistillationOptions>,
  outputs: Outputs,
  batch: Batch,
  { epoch }: Step,
): DecoupledTerms {
  const student = need(outputs, "logits", name);
  const teacher = need(batch, "teacherLogits", name, "List teacherLogits() before it.");
  const labels = need(batch, "labels", name);
  // Epochs count from 0 here and from 1 in the paper's code, whose first epoch already has a share.
  const share = weight * Math.min((epoch + 1) / Math.max(warmupEpochs, 1), 1);
  return tf.tidy(() => {
    const others = batch.otherLabels ?? labels;
    const { target, nonTarget } = mixedDecoupledDistillationLoss(
      student,
      teacher,
      labels,
      others,
      temperature,
      targets,
    );
    return { target: target.mul<tf.Scalar>(alpha * share), nonTarget: nonTarget.mul<tf.Scalar>(beta * share) };
  });
}
