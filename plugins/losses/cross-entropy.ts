/** Supervised training with softmax cross-entropy, on one label or on the two labels of a mixed image. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, type Loss, need } from "../../core/index.js";
import { checkWeight } from "./option-checks.js";
import { mixedCrossEntropy } from "./softmax-cross-entropy.js";

const name = "cross-entropy";

export interface CrossEntropyLossOptions {
  /** Share of each label that is spread over all classes. Default 0; 0.1 is usual. */
  readonly smoothing?: number;
}

export interface CrossEntropyOptions extends CrossEntropyLossOptions {
  /** Multiplies the term. Default 1. */
  readonly weight?: number;
}

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
export const crossEntropy = definePlugin<CrossEntropyOptions>({
  name,
  defaults: { smoothing: 0, weight: 1 },
  check({ smoothing, weight }) {
    checkSmoothing(smoothing);
    checkWeight(name, "weight", weight);
  },
  apply({ losses, hooks }, { smoothing, weight }) {
    losses.register(name, { defaults: { smoothing: 0 }, create: crossEntropyLoss });
    const loss = losses.create(name, { smoothing });
    hooks.loss.tap(name, (terms, outputs, batch, step) => ({
      ...terms,
      crossEntropy: tf.tidy(() => loss(outputs, batch, step).mul<tf.Scalar>(weight)),
    }));
  },
});

function crossEntropyLoss({ smoothing }: Required<CrossEntropyLossOptions>): Loss {
  checkSmoothing(smoothing);
  return (outputs, batch) =>
    mixedCrossEntropy(need(outputs, "logits", name), { ...batch, labels: need(batch, "labels", name) }, smoothing);
}

function checkSmoothing(smoothing: number): void {
  if (smoothing >= 0 && smoothing < 1) return;
  throw invalidOption(name, "smoothing", "at least 0 and less than 1", smoothing, "Try 0.1.");
}
