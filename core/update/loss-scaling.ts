/**
 * A factor on the loss, where an engine multiplies gradients in numbers of small range: what would vanish there does not, and
 * what overflows is noticed before a weight moves.
 */
import type * as tf from "@tensorflow/tfjs";
import { hasNarrowRange } from "../ops/engine.js";
import type { Stateful, StateRegister } from "../values/state.js";

export interface LossScaling extends Stateful {
  /** What the loss is multiplied by, and gradients are divided by: a power of two, so that nothing is rounded. */
  readonly factor: number;
  /** Notes that a step's gradients are not finite. @returns whether a smaller factor may cure it; if not, they themselves are at fault */
  overflowed(): boolean;
  /** Ends a step. @returns whether its gradients were finite */
  passed(): boolean;
}

/** As PyTorch's `GradScaler` begins. */
const first = 2 ** 16;
/** Steps after which a larger factor is tried. */
const patience = 2000;
const largest = 2 ** 24;

/** Where the engine multiplies numbers of small range. The factor is in checkpoints. */
export function scaleLosses(state: StateRegister): LossScaling | undefined {
  if (!hasNarrowRange()) return undefined;
  const scaling = createLossScaling();
  state.declare("loss-scaling", scaling);
  return scaling;
}

/** @see Micikevicius et al., "Mixed Precision Training", 2018 */
export function createLossScaling(): LossScaling {
  let factor = first;
  let streak = 0;
  let allFinite = true;
  return {
    get factor() {
      return factor;
    },
    overflowed: () => {
      if (factor === 1) return false;
      factor /= 2;
      allFinite = false;
      return true;
    },
    passed: () => {
      const hasPassed = allFinite;
      allFinite = true;
      streak = hasPassed ? streak + 1 : 0;
      if (streak === patience) {
        factor = Math.min(factor * 2, largest);
        streak = 0;
      }
      return hasPassed;
    },
    save: () => ({ values: { factor, streak } }),
    load: ({ values }) => {
      // What `save` gave.
      ({ factor, streak } = values as { factor: number; streak: number });
    },
  };
}

/** The gradient of the loss itself, of that of the loss times the factor, which it disposes of. */
export function divided(gradient: tf.Tensor, factor: number): tf.Tensor {
  if (factor === 1) return gradient;
  const own = gradient.mul(1 / factor);
  gradient.dispose();
  return own;
}
