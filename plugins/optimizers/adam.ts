/** Adam, with weight decay inside the gradient or beside it. */

import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { OptionsOf, UpdateRule } from "../../core/index.js";
import { adamRates, adamStep, adamSteps } from "../../core/ops/index.js";

export const adamSchema = z.object({
  beta1: z.number().min(0).lt(1).default(0.9).describe("Of the running mean of the gradient."),
  beta2: z.number().min(0).lt(1).default(0.999).describe("Of the running mean of its square."),
  epsilon: z.number().positive().default(1e-8).describe("Added to the root of the second mean, after its correction."),
});

export type AdamOptions = OptionsOf<typeof adamSchema>;

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
    ofMany: {
      rates: (update) => adamRates({ ...options, ...update, decoupled }),
      move(moves, rates) {
        const steps = moves.map(({ variable, gradient, slots }) => ({
          gradient,
          parameter: variable,
          mean: slots.mean as tf.Variable,
          square: slots.square as tf.Variable,
        }));
        const moved = adamSteps(steps, rates, options);
        for (const [at, { parameter, mean, square }] of (moved ?? []).entries()) {
          steps[at]?.mean.assign(mean);
          steps[at]?.square.assign(square);
          steps[at]?.parameter.assign(parameter);
        }
        return moved !== undefined;
      },
    },
  };
}
