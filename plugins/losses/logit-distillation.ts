/** Logit distillation: the student's softened distribution is pulled to the teacher's. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, type Loss, need } from "../../core/index.js";
import { type LogitMeasure, logitMeasures } from "../../core/ops/index.js";
import { distillationLoss } from "./distillation-loss.js";
import { checkTemperature, checkWeight } from "./option-checks.js";

const name = "logit-distillation";

export interface LogitDistillationLossOptions {
  /** Softens both distributions. Default 4; 2 to 8 is usual. */
  readonly temperature?: number;
  /** Whose distribution is the target, or `l1` for the logits themselves. Default `teacher-first`. */
  readonly measure?: LogitMeasure;
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

const defaults = { temperature: 4, measure: "teacher-first" } as const;

/**
 * Adds the term `distillation`: pulls the logits to `batch.teacherLogits`, which `teacherLogits()`, listed before it,
 * provides.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Distilling the Knowledge in a Neural Network", 2015
 */
export const logitDistillation = definePlugin<LogitDistillationOptions>({
  name,
  defaults: { ...defaults, weight: 1 },
  check(options) {
    check(options);
    checkWeight(name, "weight", options.weight);
  },
  apply({ losses, hooks }, { weight, ...options }) {
    losses.register(name, { defaults, create: logitDistillationLoss });
    if (weight === 0) return;
    const loss = losses.create(name, options);
    hooks.loss.tap(name, (terms, outputs, batch, step) => ({
      ...terms,
      distillation: tf.tidy(() => loss(outputs, batch, step).mul<tf.Scalar>(weight)),
    }));
  },
});

function logitDistillationLoss(options: Required<LogitDistillationLossOptions>): Loss {
  check(options);
  return (outputs, batch) => {
    const student = need(outputs, "logits", name);
    const teacher = need(batch, "teacherLogits", name, "List teacherLogits() before it.");
    return distillationLoss(student, teacher, options.temperature, options.measure);
  };
}

function check({ temperature, measure }: Required<LogitDistillationLossOptions>): void {
  checkTemperature(name, temperature);
  if (!logitMeasures.includes(measure))
    throw invalidOption(name, "measure", `one of ${logitMeasures.join(", ")}`, measure, 'Try "teacher-first".');
}
