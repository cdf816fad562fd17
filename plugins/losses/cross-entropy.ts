/** Supervised training with softmax cross-entropy, on one label or on the two labels of a mixed image. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, type LossLineOptions, need, type OptionsOf } from "../../core/index.js";
import { mixedCrossEntropy } from "./softmax-cross-entropy.js";

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
 * Where a plugin listed before it mixed the images, both labels count, each by its weight.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const crossEntropy = defineLoss<CrossEntropyLossOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ token }) => ({ batch: ["labels"], outputs: logitsOf[token] }),
  create:
    ({ smoothing, token }) =>
    (outputs, batch) => {
      const given = { ...batch, labels: need(batch, "labels", name) };
      const losses = logitsOf[token].map((logits) => mixedCrossEntropy(need(outputs, logits, name), given, smoothing));
      return losses.length === 1 ? (losses[0] as tf.Scalar) : tf.tidy(() => tf.addN(losses).div(losses.length));
    },
});

/** Which outputs are held against the labels. */
const logitsOf = {
  all: ["logits"],
  class: ["classTokenLogits"],
  each: ["classTokenLogits", "distillationTokenLogits"],
} as const;
