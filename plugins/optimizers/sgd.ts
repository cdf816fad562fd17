/** Stochastic gradient descent. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { OptionsOf, UpdateRule } from "../../core/index.js";
import { sgdRates, sgdStep, sgdSteps } from "../../core/ops/index.js";

export const sgdSchema = z
  .object({
    momentum: z.number().min(0).lt(1).default(0).describe("Share of the last update that goes on; 0.9 is usual."),
    nesterov: z
      .boolean()
      .default(false)
      .describe("Whether the gradient is taken one step of momentum ahead (Nesterov)."),
  })
  .refine(({ momentum, nesterov }) => !nesterov || momentum > 0, {
    path: ["nesterov"],
    message: "false without momentum",
  });

export type SgdOptions = OptionsOf<typeof sgdSchema>;

/** `w ← w − learningRate · v`, with the learning rate outside the momentum, as torch.optim.SGD. */
export function sgdRule({ momentum, nesterov }: Required<SgdOptions>): UpdateRule {
  return {
    slots: momentum === 0 ? [] : ["momentum"],
    update(variable, gradient, { momentum: velocity }, { learningRate, weightDecay }) {
      if (velocity) {
        const options = { learningRate, momentum, weightDecay, nesterov, replaces: true };
        const moved = sgdStep(variable, gradient, velocity, options);
        velocity.assign(moved.velocity);
        variable.assign(moved.parameter);
      } else {
        const direction = weightDecay === 0 ? gradient : gradient.add(variable.mul(weightDecay));
        variable.assign(variable.sub(direction.mul(learningRate)));
      }
    },
    ofMany: {
      rates: sgdRates,
      move(moves, rates) {
        if (momentum === 0) return false;
        // It is declared above.
        const steps = moves.map(({ variable, gradient, slots }) => ({
          gradient,
          parameter: variable,
          velocity: slots.momentum as tf.Variable,
        }));
        const moved = sgdSteps(steps, rates, { momentum, nesterov });
        for (const [at, { parameter, velocity }] of (moved ?? []).entries()) {
          steps[at]?.velocity.assign(velocity);
          steps[at]?.parameter.assign(parameter);
        }
        return moved !== undefined;
      },
    },
  };
}
