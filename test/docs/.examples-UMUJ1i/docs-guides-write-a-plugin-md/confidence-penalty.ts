// confidence-penalty.ts
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, need } from "../../../../core/index.js";

const name = "confidence-penalty";

export interface ConfidencePenaltyOptions {
  /** Multiplies the term. Default 0.1. */
  readonly weight?: number;
}

/**
 * Adds the term `confidence`, the negative entropy of the prediction, averaged over the batch.
 *
 * @see "Regularizing Neural Networks by Penalizing Confident Output Distributions", 2017
 */
export const confidencePenalty = definePlugin<ConfidencePenaltyOptions>({
  name,
  defaults: { weight: 0.1 },
  check({ weight }) {
    if (!(weight >= 0)) throw invalidOption(name, "weight", "at least 0", weight, "Try 0.1.");
  },
  apply({ hooks }, { weight }) {
    hooks.loss.tap(name, (terms, outputs) => {
      const logits = need(outputs, "logits", name);
      const confidence = tf.tidy(() => {
        const logProbabilities = tf.logSoftmax(logits);
        return logProbabilities.exp().mul(logProbabilities).sum(-1).mean().mul(weight).asScalar();
      });
      return { ...terms, confidence };
    });
  },
});