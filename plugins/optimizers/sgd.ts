/** Stochastic gradient descent. */
import type { UpdateRule } from "../../core/index.js";
import { sgdStep } from "../../core/ops/index.js";

export interface SgdOptions {
  /** Share of the last update that goes on. Default 0: none; 0.9 is usual. */
  readonly momentum?: number;
  /** Whether the gradient is taken one step of momentum ahead (Nesterov). Default false. */
  readonly nesterov?: boolean;
}

/** `w ← w − learningRate · v`, with the learning rate outside the momentum, as torch.optim.SGD. */
export function sgdRule({ momentum, nesterov }: Required<SgdOptions>): UpdateRule {
  return {
    slots: momentum === 0 ? [] : ["momentum"],
    update(variable, gradient, { momentum: velocity }, { learningRate, weightDecay }) {
      if (velocity) {
        const moved = sgdStep(variable, gradient, velocity, { learningRate, momentum, weightDecay, nesterov });
        velocity.assign(moved.velocity);
        variable.assign(moved.parameter);
      } else {
        const direction = weightDecay === 0 ? gradient : gradient.add(variable.mul(weightDecay));
        variable.assign(variable.sub(direction.mul(learningRate)));
      }
    },
  };
}
