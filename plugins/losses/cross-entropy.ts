/** Supervised training with softmax cross-entropy, on one label or on the two labels of a mixed image. */
import { defineLoss, invalidOption, type LossLineOptions, need } from "../../core/index.js";
import { mixedCrossEntropy } from "./softmax-cross-entropy.js";

const name = "cross-entropy";

export interface CrossEntropyLossOptions {
  /** Share of each label that is spread over all classes. Default 0; 0.1 is usual. */
  readonly smoothing?: number;
}

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
  defaults: { smoothing: 0 },
  check: ({ smoothing }) => checkSmoothing(smoothing),
  needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
  create:
    ({ smoothing }) =>
    (outputs, batch) =>
      mixedCrossEntropy(need(outputs, "logits", name), { ...batch, labels: need(batch, "labels", name) }, smoothing),
});

function checkSmoothing(smoothing: number): void {
  if (smoothing >= 0 && smoothing < 1) return;
  throw invalidOption(name, "smoothing", "at least 0 and less than 1", smoothing, "Try 0.1.");
}
