/** The adversarial term: a generator looks for images on which the student does not yet follow its teacher. */

import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, need, type OptionsOf } from "../../core/index.js";
import { logitDistance, logitMeasures, stopGradient } from "../../core/ops/index.js";
import { weight } from "../layers/option-types.js";

const name = "disagreement";

const schema = z.object({
  weight: weight
    .default(1)
    .describe("Multiplies the term, which the generator drives down, and so the disagreement up."),
  measure: z
    .enum(logitMeasures)
    .default("teacher-first")
    .describe("Whose distribution is the target, or l1 for the logits themselves."),
  agreedOnly: z.boolean().default(false).describe("Whether only images count on which both see the same class."),
});

export type DisagreementOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    disagreement: DisagreementOptions;
  }
}

/**
 * Adds the term `disagreement`: minus the divergence of both softmax outputs (temperature 1), summed over classes,
 * averaged over the batch. From `generatedOutputs()`, listed before it.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Zero-shot Knowledge Transfer via Adversarial Belief Matching", 2019
 */
export const disagreement = defineLoss<DisagreementOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ outputs: ["byTeacher", "byStudent"] }),
  create:
    ({ weight, measure, agreedOnly }) =>
    (outputs) => {
      const teacher = need(need(outputs, "byTeacher", name, "List generatedOutputs() before it."), "logits", name);
      const student = need(need(outputs, "byStudent", name, "generatedOutputs() needs a student."), "logits", name);
      const perImage = logitDistance(student, teacher, { measure });
      const counted = agreedOnly ? perImage.mul(agreement(teacher, student)) : perImage;
      return { disagreement: counted.mean<tf.Scalar>().mul<tf.Scalar>(-weight) };
    },
});

/** `[batch]`, 1 where both see the same class. */
function agreement(teacher: tf.Tensor2D, student: tf.Tensor2D): tf.Tensor {
  return stopGradient(() => teacher.argMax(-1).equal(student.argMax(-1)).cast("float32"));
}
