/** Supervised training with softmax cross-entropy, on one label or on the two labels of a mixed image. */
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
  needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
  create:
    ({ smoothing }) =>
    (outputs, batch) =>
      mixedCrossEntropy(need(outputs, "logits", name), { ...batch, labels: need(batch, "labels", name) }, smoothing),
});
