/** Supervised training with softmax cross-entropy, on one label or on the two labels of a mixed image. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineLoss,
  describeOptions,
  type LossLineOptions,
  need,
  type OptionsOf,
} from "../../core/index.js";
import { type ClassWeights, checkGiven, weightsOf } from "./class-weights.js";
import { mixedCrossEntropy, type WeightedLabels } from "./softmax-cross-entropy.js";

const name = "cross-entropy";

const schema = z.object({
  smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("Share of each label that is spread over all classes; 0.1 is usual."),
  classWeights: z
    .union([z.enum(["none", "inverse", "effective"]), z.array(z.number().nonnegative()).min(1).readonly()])
    .default("none")
    .describe(
      "How much each class counts: inverse of its training images, by their effective number (beta), or a list in label order; the first two average to 1 over the training images.",
    ),
  beta: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("Of effective: 0 weighs all classes alike, towards 1 it becomes inverse."),
});

export type CrossEntropyLossOptions = OptionsOf<typeof schema>;

export interface CrossEntropyOptions extends CrossEntropyLossOptions, LossLineOptions {}

declare module "../../core/index.js" {
  interface Losses {
    "cross-entropy": CrossEntropyLossOptions;
  }
}

/**
 * Adds the term `crossEntropy`, the mean over the batch of the cross-entropy of logits and labels.
 *
 * Where a plugin listed before it mixed the images, both labels count, each by its weight. Where classes have weights, each
 * label counts by its class's too; the mean is still over images, not over weights.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const crossEntropy = defineLoss<CrossEntropyLossOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
  create: ({ smoothing, classWeights, beta }) => {
    const weigh = createWeighing(classWeights, beta);
    return (outputs, batch) => {
      const given = { ...batch, labels: need(batch, "labels", name) };
      const logits = need(outputs, "logits", name);
      return tf.tidy(() => mixedCrossEntropy(logits, weigh(given, batch), smoothing));
    };
  },
});

/** Labels, each multiplied by the weight of its class: cross-entropy is linear in them. */
function createWeighing(how: ClassWeights, beta: number) {
  let known: { readonly counts: readonly number[] | undefined; readonly weights: readonly number[] } | undefined;
  const weightsFor = (batch: Batch, classes: number) => {
    if (known && known.counts === batch.classCounts) return known.weights;
    const weights =
      how === "inverse" || how === "effective"
        ? weightsOf(how, need(batch, "classCounts", name, "Its source must count them: classCounts(split)."), beta)
        : checkGiven(name, how as readonly number[], classes);
    known = { counts: batch.classCounts, weights };
    return weights;
  };
  return (given: WeightedLabels, batch: Batch): WeightedLabels => {
    if (how === "none") return given;
    const { labels, otherLabels } = given;
    const weights = tf.tensor1d([...weightsFor(batch, labels.shape[1])]);
    return {
      ...given,
      labels: labels.mul<tf.Tensor2D>(weights),
      ...(otherLabels && { otherLabels: otherLabels.mul<tf.Tensor2D>(weights) }),
    };
  };
}
