/** Decoupled distillation: the target classes and the other classes as two terms, for one or two targets. */
import * as tf from "@tensorflow/tfjs";
import { type LogProbabilities, logSoftmax, pointwiseDivergence } from "../../core/ops/index.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * What the target term compares when an image has two target classes:
 * - `"ternary"`: each target's probability, and that of all other classes together;
 * - `"merged"`: the probability of both targets together, and that of all other classes together;
 * - `"pair"`: the two targets against each other only (one target: as `"merged"`).
 */
export type DecoupledTargets = "ternary" | "merged" | "pair";

/** Two scalars, to be weighted by the caller (alpha and beta of the paper). */
export interface DecoupledTerms {
  /** TCKD: how sure the teacher is of the target classes. */
  readonly target: tf.Scalar;
  /** NCKD: how the teacher ranks the classes that are not targets. */
  readonly nonTarget: tf.Scalar;
}

/**
 * Decoupled knowledge distillation of images with one label.
 *
 * `target = KL([p_t, 1−p_t] ‖ [q_t, 1−q_t])` and `nonTarget = KL(p̂ ‖ q̂)`, where `p̂`, `q̂` are renormalised over the
 * classes other than the target. Both are summed over classes, averaged over the batch and multiplied by
 * temperature². They satisfy `KL(p ‖ q) = target + (1 − p_t)·nonTarget` per sample.
 *
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`, a constant
 * @param labels `[batch, classes]`, one-hot
 * @param temperature softens both distributions, greater than 0
 * @see "Decoupled Knowledge Distillation", 2022, equations 5 to 7
 */
export function decoupledDistillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor2D,
  temperature: number,
): DecoupledTerms {
  return mixedDecoupledDistillationLoss(studentLogits, teacherLogits, labels, labels, temperature);
}

/**
 * Decoupled knowledge distillation of mixed images, whose targets are the *set* of their two classes.
 *
 * With equal labels the set has one element and both terms are those of {@link decoupledDistillationLoss}. With one
 * class left over, `nonTarget` is 0; with none, the target term has no entry for it. The ternary form satisfies
 * `KL(p ‖ q) = target + p_rest·nonTarget` per sample. Reduction as in {@link decoupledDistillationLoss}; the mixing
 * weights play no part.
 *
 * @param studentLogits `[batch, classes]`
 * @param teacherLogits `[batch, classes]`, a constant
 * @param labels `[batch, classes]`, one-hot: the class of the base image
 * @param otherLabels `[batch, classes]`, one-hot: the class of the image mixed in
 * @param temperature softens both distributions, greater than 0
 * @param targets what the target term compares; default `"ternary"`
 * @see "Decoupled Knowledge Distillation", 2022; the ternary form is its author's advice for mixed images
 */
export function mixedDecoupledDistillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor2D,
  otherLabels: tf.Tensor2D,
  temperature: number,
  targets: DecoupledTargets = "ternary",
): DecoupledTerms {
  return tf.tidy(() => {
    const pair: LogProbabilities = {
      student: logSoftmax(studentLogits.div<tf.Tensor2D>(temperature)),
      teacher: logSoftmax(teacherLogits.div<tf.Tensor2D>(temperature)),
    };
    const isTarget = labels.maximum<tf.Tensor2D>(otherLabels);
    const isRest = tf.sub<tf.Tensor2D>(1, isTarget);
    const rest = groupOf(pair, isRest);
    const scaled = (perSample: tf.Tensor) => perSample.mean<tf.Scalar>().mul<tf.Scalar>(temperature ** 2);
    return {
      target: scaled(targetTerm(pair, isTarget, rest, targets)),
      nonTarget: scaled(divergenceWithin(pair, isRest, rest)),
    };
  });
}

/** `[batch, 1]`: the group's probability under both networks. An empty group yields 0 and 0, hence no divergence. */
function groupOf({ student, teacher }: LogProbabilities, mask: tf.Tensor2D): LogProbabilities {
  return { student: maskedLogSumExp(student, mask), teacher: maskedLogSumExp(teacher, mask) };
}

/** `[batch, 1]` */
function targetTerm(
  pair: LogProbabilities,
  isTarget: tf.Tensor2D,
  rest: LogProbabilities,
  targets: DecoupledTargets,
): tf.Tensor {
  if (targets === "ternary")
    return pointwiseDivergence(pair).mul(isTarget).sum(-1, true).add(pointwiseDivergence(rest));
  const both = groupOf(pair, isTarget);
  const merged = pointwiseDivergence(both).add(pointwiseDivergence(rest));
  if (targets === "merged") return merged;
  // One target alone has no divergence within itself: there, and only there, the binary term takes its place.
  const single = isTarget.sum(-1, true).equal(1).cast("float32");
  return divergenceWithin(pair, isTarget, both).add(merged.mul(single));
}

/** `[batch, 1]`: divergence between both distributions renormalised over the classes in the mask. */
function divergenceWithin(pair: LogProbabilities, mask: tf.Tensor2D, group: LogProbabilities): tf.Tensor {
  // Masked before the exponential too: exp of an excluded class may overflow, and ∞ · 0 is NaN.
  const within = (all: tf.Tensor2D, some: tf.Tensor2D) => all.sub(some).mul<tf.Tensor2D>(mask);
  const renormalised = {
    student: within(pair.student, group.student),
    teacher: within(pair.teacher, group.teacher),
  };
  return pointwiseDivergence(renormalised).mul(mask).sum(-1, true);
}
