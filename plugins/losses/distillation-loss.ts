/** Logit distillation as introduced by Hinton et al. */
import * as tf from "@tensorflow/tfjs";
import { repeated } from "../../core/index.js";
import { type LogitMeasure, logitDistance } from "../../core/ops/index.js";

/**
 * Kullback–Leibler divergence of the softened student from the softened teacher, or another measure of their distance.
 *
 * `T² · mean_i Σ_k p_k·(ln p_k − ln q_k)` with `p = softmax(teacher/T)` and `q = softmax(student/T)`: summed over
 * classes, averaged over the batch.
 *
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`, a constant
 * @param temperature softens both distributions, greater than 0
 * @param measure Default `teacher-first`, the formula above; `student-first` has `p` and `q` change places
 * @returns a scalar, 0 when both agree
 * @see "Distilling the Knowledge in a Neural Network", 2015, section 2
 */
export function distillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  temperature: number,
  measure?: LogitMeasure,
): tf.Scalar {
  return repeated(`distillation ${temperature} ${measure ?? ""}`, { studentLogits, teacherLogits }, () =>
    tf.tidy(() => logitDistance(studentLogits, teacherLogits, { measure, temperature }).mean<tf.Scalar>()),
  );
}
