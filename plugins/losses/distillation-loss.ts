/** Logit distillation as introduced by Hinton et al. */
import * as tf from "@tensorflow/tfjs";
import { logSoftmax } from "../../core/ops/index.js";
import { pointwiseDivergence } from "./divergence.js";

/**
 * How far a student's answers are from its teacher's.
 *
 * - `teacher-first`: `KL(teacher ‖ student)`, the teacher is the target;
 * - `student-first`: `KL(student ‖ teacher)`;
 * - `l1`: mean absolute difference of the logits, which no temperature softens.
 */
export type DistillationMeasure = "teacher-first" | "student-first" | "l1";

export const distillationMeasures: readonly DistillationMeasure[] = ["teacher-first", "student-first", "l1"];

/**
 * Kullback–Leibler divergence of the softened student from the softened teacher, or another measure of their distance.
 *
 * `T² · mean_i Σ_k p_k·(ln p_k − ln q_k)` with `p = softmax(teacher/T)` and `q = softmax(student/T)`: summed over
 * classes, averaged over the batch, times temperature² so that the gradient keeps its size as the temperature changes.
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
  measure: DistillationMeasure = "teacher-first",
): tf.Scalar {
  return tf.tidy(() => {
    if (measure === "l1") return teacherLogits.sub(studentLogits).abs().mean<tf.Scalar>();
    const student = logSoftmax(studentLogits.div<tf.Tensor2D>(temperature));
    const teacher = logSoftmax(teacherLogits.div<tf.Tensor2D>(temperature));
    const [target, learner] = measure === "teacher-first" ? [teacher, student] : [student, teacher];
    const perSample = pointwiseDivergence({ student: learner, teacher: target }).sum(-1);
    return perSample.mean<tf.Scalar>().mul(temperature ** 2);
  });
}
