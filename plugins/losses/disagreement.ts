/** The adversarial term: a generator looks for images on which the student does not yet follow its teacher. */
import type * as tf from "@tensorflow/tfjs";
import { defineLoss, invalidOption, need } from "../../core/index.js";
import { type LogitMeasure, logitDistance, logitMeasures, stopGradient } from "../../core/ops/index.js";
import { checkWeight } from "../layers/option-checks.js";

const name = "disagreement";

export interface DisagreementOptions {
  /** Multiplies the term, which the generator drives down, and so the disagreement up. Default 1. */
  readonly weight?: number;
  /** Default `teacher-first`. */
  readonly measure?: LogitMeasure;
  /** Whether only images count on which both see the same class. Default false. */
  readonly agreedOnly?: boolean;
}

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
  defaults: { weight: 1, measure: "teacher-first", agreedOnly: false },
  check({ weight, measure }) {
    checkWeight(name, "weight", weight);
    if (!logitMeasures.includes(measure))
      throw invalidOption(name, "measure", `one of ${logitMeasures.join(", ")}`, measure, 'Try "teacher-first".');
  },
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
