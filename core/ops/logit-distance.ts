/** How far apart the answers of two networks are, image by image. */
import * as tf from "@tensorflow/tfjs";
import { pointwiseDivergence } from "./divergence.js";
import { logSoftmax } from "./softmax.js";

/**
 * How far a student's answers are from its teacher's.
 *
 * - `teacher-first`: `KL(teacher ‖ student)`, the teacher is the target;
 * - `student-first`: `KL(student ‖ teacher)`;
 * - `l1`: mean absolute difference of the logits, which no temperature softens.
 */
export type LogitMeasure = "teacher-first" | "student-first" | "l1";

export const logitMeasures: readonly LogitMeasure[] = ["teacher-first", "student-first", "l1"];

export interface LogitDistanceOptions {
  /** Default `teacher-first`. */
  readonly measure?: LogitMeasure;
  /** Softens both distributions, greater than 0. Default 1. */
  readonly temperature?: number;
}

/**
 * `T²·Σ_k p_k·(ln p_k − ln q_k)` with `p = softmax(teacher/T)` and `q = softmax(student/T)`, or another measure: times
 * temperature² so that the gradient keeps its size as the temperature changes.
 *
 * @param student logits, `[batch, classes]`
 * @param teacher logits, `[batch, classes]`
 * @returns `[batch]`, 0 where both agree
 * @see "Distilling the Knowledge in a Neural Network", 2015, section 2
 */
export function logitDistance(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { measure = "teacher-first", temperature = 1 }: LogitDistanceOptions = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    if (measure === "l1") return teacher.sub(student).abs().mean<tf.Tensor1D>(-1);
    const [learner, target] = [student, teacher].map((logits) => logSoftmax(logits.div<tf.Tensor2D>(temperature))) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const pair =
      measure === "teacher-first" ? { student: learner, teacher: target } : { student: target, teacher: learner };
    return pointwiseDivergence(pair)
      .sum<tf.Tensor1D>(-1)
      .mul(temperature ** 2);
  });
}
