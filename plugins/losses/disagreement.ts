/** The adversarial term: a generator looks for images on which the student does not yet follow its teacher. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, need } from "../../core/index.js";
import { type LogitMeasure, logitDistance, logitMeasures, stopGradient } from "../../core/ops/index.js";

const name = "disagreement";

export interface DisagreementOptions {
  /** Multiplies the term, which the generator drives down, and so the disagreement up. Default 1. */
  readonly weight?: number;
  /** Default `teacher-first`. */
  readonly measure?: LogitMeasure;
  /** Whether only images count on which both see the same class. Default false. */
  readonly agreedOnly?: boolean;
}

/**
 * Adds the term `disagreement`: minus the divergence of both softmax outputs (temperature 1), summed over classes,
 * averaged over the batch. From `judges()`, listed before it.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Zero-shot Knowledge Transfer via Adversarial Belief Matching", 2019
 */
export const disagreement = definePlugin<DisagreementOptions>({
  name,
  defaults: { weight: 1, measure: "teacher-first", agreedOnly: false },
  check({ weight, measure }) {
    if (!(weight >= 0)) throw invalidOption(name, "weight", "at least 0", weight, "Try 1.");
    if (!logitMeasures.includes(measure))
      throw invalidOption(name, "measure", `one of ${logitMeasures.join(", ")}`, measure, 'Try "teacher-first".');
  },
  apply({ hooks }, { weight, measure, agreedOnly }) {
    if (weight === 0) return;
    hooks.loss.tap(name, (terms, outputs) => {
      const teacher = need(need(outputs, "byTeacher", name, "List judges() before it."), "logits", name);
      const student = need(need(outputs, "byStudent", name, "judges() needs a student."), "logits", name);
      const term = () => {
        const perImage = logitDistance(student, teacher, { measure });
        const counted = agreedOnly ? perImage.mul(agreement(teacher, student)) : perImage;
        return counted.mean<tf.Scalar>().mul<tf.Scalar>(-weight);
      };
      return { ...terms, disagreement: tf.tidy(term) };
    });
  },
});

/** `[batch]`, 1 where both see the same class. */
function agreement(teacher: tf.Tensor2D, student: tf.Tensor2D): tf.Tensor {
  return stopGradient(() => teacher.argMax(-1).equal(student.argMax(-1)).cast("float32"));
}
