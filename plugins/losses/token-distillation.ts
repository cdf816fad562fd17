/** Distillation through a token of its own: what a transformer's second classifier learns from the teacher. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, type LossLineOptions, need, type OptionsOf } from "../../core/index.js";
import { temperature } from "../layers/option-types.js";
import { distillationLoss } from "./distillation-loss.js";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

const name = "token-distillation";

const schema = z.object({
  kind: z
    .enum(["hard", "soft"])
    .default("hard")
    .describe("hard: the class that the teacher finds likeliest is the label; soft: its softened distribution is."),
  temperature: temperature.default(3).describe("Softens both distributions; of the soft kind. The paper's is 3."),
  reduction: z
    .enum(["batch", "elements"])
    .default("batch")
    .describe("What the soft kind divides by: images, or, as DeiT's code does, images times classes."),
});

export type TokenDistillationLossOptions = OptionsOf<typeof schema>;

export interface TokenDistillationOptions extends TokenDistillationLossOptions, LossLineOptions {}

declare module "../../core/index.js" {
  interface Losses {
    "token-distillation": TokenDistillationLossOptions;
  }
}

/**
 * Adds the term `tokenDistillation`: pulls `outputs.distillationTokenLogits`, of a distilled transformer, to
 * `batch.teacherLogits`. Beside it `cross-entropy` with `token: "class"` is the other half of DeiT's loss, `(1 − α)` and `α` as the
 * weights of the two.
 *
 * - hard: `mean_i −ln softmax(z_i)_t` with `t = argmax_k teacher_ik`, not smoothed;
 * - soft: `T² / B · Σ_ik p_ik · (ln p_ik − ln q_ik)` with `p = softmax(teacher/T)`, `q = softmax(z/T)`; by elements, divided by the
 *   number of classes as well.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Training data-efficient image transformers & distillation through attention", 2021, equations 2 and 3
 */
export const tokenDistillation = defineLoss<TokenDistillationLossOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["teacherLogits"], outputs: ["distillationTokenLogits"] }),
  create: (options) => (outputs, batch) => {
    const student = need(outputs, "distillationTokenLogits", name, "Choose a backbone with a distillation token.");
    const teacher = need(batch, "teacherLogits", name, "List teacher-logits among the teachers.");
    return { tokenDistillation: tf.tidy(() => distance(student, teacher, options)) };
  },
});

function distance(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { kind, temperature, reduction }: Required<TokenDistillationLossOptions>,
): tf.Scalar {
  if (kind === "hard") return softmaxCrossEntropy(student, teacher.argMax<tf.Tensor1D>(-1)).mean<tf.Scalar>();
  const ofBatch = distillationLoss(student, teacher, temperature);
  return reduction === "batch" ? ofBatch : ofBatch.div<tf.Scalar>(student.shape[1]);
}
