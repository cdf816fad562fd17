/** Decoupled distillation: what the teacher says of the target classes and of the others, weighted apart. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, defineLoss, invalidOption, need, type Outputs, type Step } from "../../core/index.js";
import { checkTemperature, checkWeight } from "../layers/option-checks.js";
import {
  type DecoupledTargets,
  type DecoupledTerms,
  mixedDecoupledDistillationLoss,
} from "./decoupled-distillation-loss.js";

const name = "decoupled-distillation";

export interface DecoupledDistillationLossOptions {
  /** Softens both distributions. Default 4. */
  readonly temperature?: number;
  /** Weight of the target term (TCKD). Default 1. */
  readonly alpha?: number;
  /** Weight of the non-target term (NCKD). Default 8; 0.5 to 8 is usual. */
  readonly beta?: number;
  /** Both terms grow from 0 to their full weight over so many epochs. Default 0: no warm-up; its authors use 20. */
  readonly warmupEpochs?: number;
  /** What the target term compares when an image has two labels. Default `"ternary"`. */
  readonly targets?: DecoupledTargets;
}

export interface DecoupledDistillationOptions extends DecoupledDistillationLossOptions {
  /** Multiplies both terms, warm-up included. Default 1. */
  readonly weight?: number;
}

declare module "../../core/index.js" {
  interface Losses {
    "decoupled-distillation": DecoupledDistillationOptions;
  }
}

const forms: readonly DecoupledTargets[] = ["ternary", "merged", "pair"];

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
  defaults: { temperature: 4, alpha: 1, beta: 8, warmupEpochs: 0, targets: "ternary", weight: 1 },
  check,
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

function check(options: Required<DecoupledDistillationOptions>): void {
  const { temperature, alpha, beta, warmupEpochs, targets, weight } = options;
  checkTemperature(name, temperature);
  checkWeight(name, "weight", weight);
  checkWeight(name, "alpha", alpha);
  checkWeight(name, "beta", beta);
  if (!(warmupEpochs >= 0))
    throw invalidOption(name, "warmupEpochs", "at least 0", warmupEpochs, "Try 20, or 0 for none.");
  if (!forms.includes(targets))
    throw invalidOption(name, "targets", `one of ${forms.join(", ")}`, targets, 'Try "ternary".');
}
