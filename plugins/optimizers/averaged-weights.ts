/** Averages of the weights that a stage had: a second model that is often better than the last one. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, type Parameters } from "../../core/index.js";

const name = "averaged-weights";

export interface AveragedWeightsOptions {
  /** Share of the average that each update leaves as it is. Default 0.9999; short trainings want less. */
  readonly decay?: number;
  /**
   * Whether the share grows with the updates, `1 − (1 + n)^(−2/3)` up to `decay`, so that the first weights are soon
   * forgotten. Default false.
   */
  readonly warmup?: boolean;
  /** What the view of the model is called. Default `ema`. */
  readonly view?: string;
}

declare module "../../core/index.js" {
  interface Plugins {
    "averaged-weights": AveragedWeightsOptions;
  }
}

/**
 * Keeps `e ← d·e + (1−d)·θ` over all weights and running averages θ of the stage's model, after every update; counters are
 * copied. It is `models.view(role, "ema")`, is tested where `evaluation.weights` is `ema`, and is exported beside the model as
 * `<role>-ema.safetensors`.
 *
 * @throws FGKD_INVALID_OPTION
 * @see timm's ModelEmaV2, and ModelEmaV3 for the warm-up
 */
export const averagedWeights = definePlugin<AveragedWeightsOptions>({
  name,
  defaults: { decay: 0.9999, warmup: false, view: "ema" },
  check({ decay, view }) {
    if (!(decay >= 0 && decay < 1)) throw invalidOption(name, "decay", "in [0, 1)", decay, "Try 0.9999.");
    if (view === "raw")
      throw invalidOption(name, "view", "another name than raw", view, "raw are the weights themselves.");
  },
  apply({ hooks, models, role }, { decay, warmup, view }) {
    hooks.setup.tap(name, () => {
      // It begins with the stage: what an earlier one averaged belongs to that.
      models.addView(role, view).parameters.copy(models.get(role).parameters);
    });
    hooks.update.tap(name, ({ count }) => {
      const share = warmup ? Math.min(decay, 1 - (1 + count) ** (-2 / 3)) : decay;
      average(models.view(role, view).parameters, models.get(role).parameters, share);
    });
  },
});

/** `e ← d·e + (1−d)·θ` */
function average(averages: Parameters, weights: Parameters, decay: number): void {
  const { variables } = averages;
  for (const [weight, variable] of weights.variables) {
    const kept = variables.get(weight);
    if (kept) tf.tidy(() => kept.assign(kept.mul(decay).add(variable.mul(1 - decay))));
  }
  averages.copyCounters(weights);
}
