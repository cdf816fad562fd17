/** Adam, with weight decay inside the gradient or beside it. */
import * as tf from "@tensorflow/tfjs";
import type { Update, UpdateRule } from "../../core/index.js";

export interface AdamOptions {
  /** Of the running mean of the gradient. Default 0.9. */
  readonly beta1?: number;
  /** Of the running mean of its square. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second mean, after its correction. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * `m = β1·m + (1−β1)·d`, `v = β2·v + (1−β2)·d²`, `w ← w − lr · m/(1−β1ᵗ) / (√(v/(1−β2ᵗ)) + ε)` with
 * `d = g + weightDecay·w`, as torch.optim.Adam.
 *
 * @see "Adam: A Method for Stochastic Optimization", 2015
 */
export function adamRule(options: Required<AdamOptions>): UpdateRule {
  return {
    slots: ["mean", "square"],
    update(variable, gradient, slots, update) {
      const { weightDecay } = update;
      const direction = weightDecay === 0 ? gradient : gradient.add(variable.mul(weightDecay));
      variable.assign(variable.sub(adaptiveStep(direction, slots, update, options)));
    },
  };
}

/**
 * Adam on the bare gradient, after `w ← w − lr·weightDecay·w`, as torch.optim.AdamW.
 *
 * @see "Decoupled Weight Decay Regularization", 2019
 */
export function adamwRule(options: Required<AdamOptions>): UpdateRule {
  return {
    slots: ["mean", "square"],
    update(variable, gradient, slots, update) {
      const { weightDecay, learningRate } = update;
      const decayed = weightDecay === 0 ? variable : variable.mul(1 - learningRate * weightDecay);
      variable.assign(decayed.sub(adaptiveStep(gradient, slots, update, options)));
    },
  };
}

/** Moves both means and returns what is to be subtracted from the variable. */
function adaptiveStep(
  direction: tf.Tensor,
  slots: Readonly<Record<string, tf.Variable>>,
  { learningRate, count }: Update,
  { beta1, beta2, epsilon }: Required<AdamOptions>,
): tf.Tensor {
  // Both are declared in `slots` above.
  const [mean, square] = [slots.mean as tf.Variable, slots.square as tf.Variable];
  mean.assign(mean.mul(beta1).add(direction.mul(1 - beta1)));
  square.assign(square.mul(beta2).add(direction.square().mul(1 - beta2)));
  const spread = tf.sqrt(square.div(1 - beta2 ** count)).add(epsilon);
  return mean.mul(learningRate / (1 - beta1 ** count)).div(spread);
}
