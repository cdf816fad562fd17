/** Logit distillation: the student's softened distribution is pulled to the teacher's. */
import { defineLoss, invalidOption, type LossLineOptions, need } from "../../core/index.js";
import { type LogitMeasure, logitMeasures } from "../../core/ops/index.js";
import { checkTemperature } from "../layers/option-checks.js";
import { distillationLoss } from "./distillation-loss.js";

const name = "logit-distillation";

export interface LogitDistillationLossOptions {
  /** Softens both distributions. Default 4; 2 to 8 is usual. */
  readonly temperature?: number;
  /** Whose distribution is the target, or `l1` for the logits themselves. Default `teacher-first`. */
  readonly measure?: LogitMeasure;
}

export interface LogitDistillationOptions extends LogitDistillationLossOptions, LossLineOptions {}

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
export const logitDistillation = defineLoss<LogitDistillationLossOptions>({
  name,
  defaults: { temperature: 4, measure: "teacher-first" },
  check,
  needs: () => ({ batch: ["teacherLogits"], outputs: ["logits"] }),
  create:
    ({ temperature, measure }) =>
    (outputs, batch) => {
      const student = need(outputs, "logits", name);
      const teacher = need(batch, "teacherLogits", name, "List teacherLogits() before it.");
      return { distillation: distillationLoss(student, teacher, temperature, measure) };
    },
});

function check({ temperature, measure }: Required<LogitDistillationLossOptions>): void {
  checkTemperature(name, temperature);
  if (!logitMeasures.includes(measure))
    throw invalidOption(name, "measure", `one of ${logitMeasures.join(", ")}`, measure, 'Try "teacher-first".');
}
