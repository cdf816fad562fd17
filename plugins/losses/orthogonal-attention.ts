/** Sends the student's attention where its teachers do not look. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, defineLoss, invalidOption, type LossTerms, missingField, need } from "../../core/index.js";
import { checkWeight } from "../layers/option-checks.js";
import { adaptiveWeight, orthogonalLoss } from "./orthogonal-loss.js";

const name = "orthogonal-attention";

export interface OrthogonalAttentionOptions {
  /**
   * Alpha of the paper, by number of teachers: the first with one, the second with two; the last also with more.
   * Default `[0.5]`; 0.05 to 1 is usual.
   */
  readonly weights?: readonly number[];
  /**
   * `"fixed"`: the weight multiplies the term (the paper's equation 6). `"adaptive"` (default): the term's value is the
   * weight times the sum of the terms before it, step by step (the paper's code).
   */
  readonly weighting?: "adaptive" | "fixed";
}

declare module "../../core/index.js" {
  interface Losses {
    "orthogonal-attention": OrthogonalAttentionOptions;
  }
}

/**
 * Adds the term `orthogonal`, see {@link orthogonalLoss}: list it after `teacherAttention()` and, for adaptive
 * weighting, after the loss that it is measured by.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Knowledge Transfer Based Fine-Grained Visual Classification", 2021
 */
export const orthogonalAttention = defineLoss<OrthogonalAttentionOptions>({
  name,
  defaults: { weights: [0.5], weighting: "adaptive" },
  check({ weights, weighting }) {
    if (weights.length === 0) throw invalidOption(name, "weights", "a list of at least one", weights, "Try [0.5].");
    for (const weight of weights) checkWeight(name, "weights", weight);
    if (weighting !== "adaptive" && weighting !== "fixed")
      throw invalidOption(name, "weighting", "one of adaptive, fixed", weighting, 'Try "adaptive".');
  },
  needs: () => ({ batch: ["teacherAttention"], outputs: ["features"] }),
  create:
    ({ weights, weighting }) =>
    (outputs, batch, _, before) => {
      const maps = teachersOf(batch);
      const penalty = orthogonalLoss(need(outputs, "features", name), maps);
      const alpha = weightFor(maps.shape[0], weights);
      const factor = weighting === "fixed" ? alpha : adaptiveWeight(sumOf(before), penalty, alpha);
      return { orthogonal: penalty.mul<tf.Scalar>(factor) };
    },
});

function teachersOf(batch: Batch): tf.Tensor4D {
  return need(batch, "teacherAttention", name, "List teacherAttention() before it.");
}

function weightFor(teachers: number, weights: readonly number[]): number {
  // The list is not empty: checked where the plugin is listed.
  return weights[Math.min(teachers, weights.length) - 1] as number;
}

/** What the other plugins want of this step so far. */
function sumOf(terms: LossTerms): tf.Scalar {
  const before = Object.values(terms);
  if (before.length === 0)
    throw missingField(name, "terms", 'List crossEntropy() before it, or set weighting to "fixed".');
  return tf.addN(before);
}
