/** Logit distillation as introduced by Hinton et al. */
import * as tf from "@tensorflow/tfjs";
import { logSoftmax } from "../../core/ops/index.js";
import { pointwiseDivergence } from "./divergence.js";

/**
 * Kullback–Leibler divergence of the softened student from the softened teacher.
 *
 * `T² · mean_i Σ_k p_k·(ln p_k − ln q_k)` with `p = softmax(teacher/T)` and `q = softmax(student/T)`: summed over
 * classes, averaged over the batch, times temperature² so that the gradient keeps its size as the temperature changes.
 *
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`, a constant
 * @param temperature softens both distributions, greater than 0
 * @returns a scalar, 0 when both agree
 * @see "Distilling the Knowledge in a Neural Network", 2015, section 2
 */
export function distillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  temperature: number,
): tf.Scalar {
  return tf.tidy(() => {
    const student = logSoftmax(studentLogits.div<tf.Tensor2D>(temperature));
    const teacher = logSoftmax(teacherLogits.div<tf.Tensor2D>(temperature));
    const perSample = pointwiseDivergence({ student, teacher }).sum(-1);
    return perSample.mean<tf.Scalar>().mul(temperature ** 2);
  });
}
