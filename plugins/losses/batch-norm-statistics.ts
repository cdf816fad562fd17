/** How far the statistics of generated images lie from those that a teacher's batch norms remember of real ones. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, type NormInput, need, type OptionsOf } from "../../core/index.js";
import { statisticsDistances } from "../../core/ops/index.js";
import { weight } from "../layers/option-types.js";

const name = "batch-norm-statistics";

const schema = z.object({ weight: weight.default(0.3).describe("α: multiplies the term.") });

export type BatchNormStatisticsOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    "batch-norm-statistics": BatchNormStatisticsOptions;
  }
}

/**
 * Adds the term `batchNormStatistics`, from `generatedOutputs()`, listed before it.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, equation 3
 */
export const batchNormStatistics = defineLoss<BatchNormStatisticsOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ outputs: ["byTeacher"] }),
  create:
    ({ weight }) =>
    (outputs) => {
      const byTeacher = need(outputs, "byTeacher", name, "List generatedOutputs() before it.");
      const inputs = need(byTeacher, "normInputs", name, "The teacher has no batch norm that it could ask.");
      return { batchNormStatistics: batchNormStatisticsLoss(inputs).mul<tf.Scalar>(weight) };
    },
});

/**
 * `Σ_l ‖μ_l − μ̂_l‖₂ + ‖v_l − v̂_l‖₂` over batch norms `l`: remembered mean and variance per channel against those of this
 * batch, the variance biased. Plain norms, not squared, whose gradient at 0 is 0.
 */
export function batchNormStatisticsLoss(inputs: readonly NormInput[]): tf.Scalar {
  return tf.tidy(() => tf.addN(inputs.flatMap(statisticsDistances)) as tf.Scalar);
}
