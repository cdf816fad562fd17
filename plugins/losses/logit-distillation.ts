/** Logit distillation: the student's softened distribution is pulled to the teacher's. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, type Loss, need } from "../../core/index.js";
import { distillationLoss } from "./distillation-loss.js";
import { checkTemperature, checkWeight } from "./option-checks.js";

const name = "logit-distillation";

export interface LogitDistillationLossOptions {
  /** Softens both distributions. Default 4; 2 to 8 is usual. */
  readonly temperature?: number;
}

export interface LogitDistillationOptions extends LogitDistillationLossOptions {
  /** Multiplies the term. Default 1; 0.9 beside cross-entropy of weight 0.1 is usual. */
  readonly weight?: number;
}

declare module "../../core/index.js" {
  interface Losses {
    "logit-distillation": LogitDistillationLossOptions;
  }
}

/**
 * Adds the term `distillation`: pulls the logits to `batch.teacherLogits`, which `teacherLogits()`, listed before it,
 * provides.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Distilling the Knowledge in a Neural Network", 2015
 */
export const logitDistillation = definePlugin<LogitDistillationOptions>({
  name,
  defaults: { temperature: 4, weight: 1 },
  check({ temperature, weight }) {
    checkTemperature(name, temperature);
    checkWeight(name, "weight", weight);
  },
  apply({ losses, hooks }, { temperature, weight }) {
    losses.register(name, { defaults: { temperature: 4 }, create: logitDistillationLoss });
    const loss = losses.create(name, { temperature });
    hooks.loss.tap(name, (terms, outputs, batch, step) => ({
      ...terms,
      distillation: tf.tidy(() => loss(outputs, batch, step).mul<tf.Scalar>(weight)),
    }));
  },
});

function logitDistillationLoss({ temperature }: Required<LogitDistillationLossOptions>): Loss {
  checkTemperature(name, temperature);
  return (outputs, batch) => {
    const student = need(outputs, "logits", name);
    const teacher = need(batch, "teacherLogits", name, "List teacherLogits() before it.");
    return distillationLoss(student, teacher, temperature);
  };
}
