/** The Kullback–Leibler divergence, entry by entry. */
import * as tf from "@tensorflow/tfjs";

/** Log-probabilities of both networks, of equal shapes. */
export interface LogProbabilities {
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
}

/**
 * `p·(ln p − ln q) + q − p`, whose sum over a distribution is `KL(p ‖ q)`.
 *
 * The last two cancel in that sum. With them each entry is small where both agree, and an error of rounding in the
 * normalisation counts in the second order only: in float32 that is worth half a digit.
 *
 * @returns the shape of the inputs
 */
export function pointwiseDivergence({ student, teacher }: LogProbabilities): tf.Tensor2D {
  return tf.tidy(() => {
    const p = teacher.exp();
    return p.mul(teacher.sub(student)).add(student.exp().sub(p));
  });
}
