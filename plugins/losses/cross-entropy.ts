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
import { type Balance, checkGiven, checkOne, weightsOf } from "./class-weights.js";
import { mixedCrossEntropy, type WeightedLabels } from "./softmax-cross-entropy.js";

const name = "cross-entropy";

const schema = z.object({
  smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("Share of each label that is spread over all classes; 0.1 is usual."),
  token: z
    .enum(["all", "class", "each"])
    .default("all")
    .describe(
      "Of a transformer with a distillation token: the loss of its answer, which is the mean of both tokens' logits; of the class token alone, while the other learns from a teacher; or each token's, averaged.",
    ),
  balance: z
    .enum(["none", "inverse", "effective"])
    .default("none")
    .describe(
      "How classes weigh: none: as often as they come; inverse of their training images; effective: of the effective number of these (beta). Weights average to 1 over the training images.",
    ),
  classWeights: z
    .array(z.number().nonnegative())
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe("Instead, one weight for each class in label order, taken as they are."),
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
  needs: ({ token }) => ({ batch: ["labels"], outputs: logitsOf[token] }),
  create: ({ smoothing, token, balance, classWeights, beta }) => {
    checkOne(name, balance, classWeights);
    const weigh = createWeighing(balance, classWeights, beta);
    return (outputs, batch) => {
      const given = { ...batch, labels: need(batch, "labels", name) };
      const logits = logitsOf[token].map((key) => need(outputs, key, name));
      return tf.tidy(() => {
        const weighed = weigh(given, batch);
        const losses = logits.map((one) => mixedCrossEntropy(one, weighed, smoothing));
        return losses.length === 1 ? (losses[0] as tf.Scalar) : tf.addN(losses).div<tf.Scalar>(losses.length);
      });
    };
  },
});

/** Which outputs are held against the labels. */
const logitsOf = {
  all: ["logits"],
  class: ["classTokenLogits"],
  each: ["classTokenLogits", "distillationTokenLogits"],
} as const;

/** Labels, each multiplied by the weight of its class: cross-entropy is linear in them. */
function createWeighing(balance: Balance, classWeights: readonly number[] | null, beta: number) {
  let known: { readonly counts: readonly number[] | undefined; readonly weights: readonly number[] } | undefined;
  const weightsFor = (batch: Batch, classes: number) => {
    if (known && known.counts === batch.classCounts) return known.weights;
    const counts = () => need(batch, "classCounts", name, "Its source must count them: classCounts(split).");
    const weights = classWeights
      ? checkGiven(name, classWeights, classes)
      : weightsOf(balance as Exclude<Balance, "none">, counts(), beta);
    known = { counts: batch.classCounts, weights };
    return weights;
  };
  return (given: WeightedLabels, batch: Batch): WeightedLabels => {
    if (balance === "none" && !classWeights) return given;
    const { labels, otherLabels } = given;
    const weights = tf.tensor1d([...weightsFor(batch, labels.shape[1])]);
    return {
      ...given,
      labels: labels.mul<tf.Tensor2D>(weights),
      ...(otherLabels && { otherLabels: otherLabels.mul<tf.Tensor2D>(weights) }),
    };
  };
}
