/** Adam, with weight decay inside the gradient or beside it. */
import type * as tf from "@tensorflow/tfjs";
import type { UpdateRule } from "../../core/index.js";
import { adamStep } from "../../core/ops/index.js";

export interface AdamOptions {
  /** Of the running mean of the gradient. Default 0.9. */
  readonly beta1?: number;
  /** Of the running mean of its square. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second mean, after its correction. Default 1e-8. */
  readonly epsilon?: number;
}

/** As torch.optim.Adam, or with `decoupled` as torch.optim.AdamW: see `adamStep` for the formula. */
export function adamRule(options: Required<AdamOptions>, decoupled: boolean): UpdateRule {
  return {
    slots: ["mean", "square"],
    update(variable, gradient, slots, update) {
      // Both are declared above.
      const [mean, square] = [slots.mean as tf.Variable, slots.square as tf.Variable];
      const moved = adamStep(variable, gradient, { mean, square }, { ...options, ...update, decoupled });
      mean.assign(moved.mean);
      square.assign(moved.square);
      variable.assign(moved.parameter);
    },
  };
}
