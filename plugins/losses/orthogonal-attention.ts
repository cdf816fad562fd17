/** Sends the student's attention where its teachers do not look. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineLoss,
  describeOptions,
  type LossTerms,
  missingField,
  need,
  type OptionsOf,
} from "../../core/index.js";
import { weight } from "../layers/option-types.js";
import { adaptiveWeight, orthogonalLoss } from "./orthogonal-loss.js";

const name = "orthogonal-attention";

const schema = z.object({
  weights: z
    .array(weight)
    .min(1)
    .readonly()
    .default([0.5])
    .describe(
      "Alpha of the paper, by number of teachers: the first with one, the second with two; the last also with more. 0.05 to 1 is usual.",
    ),
  weighting: z
    .enum(["adaptive", "fixed"])
    .default("adaptive")
    .describe(
      "fixed: the weight multiplies the term (the paper's equation 6); adaptive: the term's value is the weight times the sum of the terms before it, step by step (the paper's code).",
    ),
  deviation: z
    .enum(["unbiased", "population"])
    .default("unbiased")
    .describe(
      "Of maps, by which they are standardised: unbiased divides squares by positions - 1 (the paper's code), population by positions (its text).",
    ),
});

export type OrthogonalAttentionOptions = OptionsOf<typeof schema>;

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
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["teacherAttention"], outputs: ["features"] }),
  create:
    ({ weights, weighting, deviation }) =>
    (outputs, batch, _, before) => {
      const maps = teachersOf(batch);
      const penalty = orthogonalLoss(need(outputs, "features", name), maps, deviation);
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
