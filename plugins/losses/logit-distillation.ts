/** Logit distillation: the student's softened distribution is pulled to the teacher's. */
import { z } from "zod";
import { defineLoss, describeOptions, type LossLineOptions, need, type OptionsOf } from "../../core/index.js";
import { logitMeasures } from "../../core/ops/index.js";
import { temperature } from "../layers/option-types.js";
import { distillationLoss } from "./distillation-loss.js";

const name = "logit-distillation";

const schema = z.object({
  temperature: temperature.default(4).describe("Softens both distributions; 2 to 8 is usual."),
  measure: z
    .enum(logitMeasures)
    .default("teacher-first")
    .describe("Whose distribution is the target, or l1 for the logits themselves."),
});

export type LogitDistillationLossOptions = OptionsOf<typeof schema>;

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
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["teacherLogits"], outputs: ["logits"] }),
  create:
    ({ temperature, measure }) =>
    (outputs, batch) => {
      const student = need(outputs, "logits", name);
      const teacher = need(batch, "teacherLogits", name, "List teacherLogits() before it.");
      return { distillation: distillationLoss(student, teacher, temperature, measure) };
    },
});
