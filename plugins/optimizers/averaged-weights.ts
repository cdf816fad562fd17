/** Averages of the weights that a stage had: a second model that is often better than the last one. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { definePlugin, describeOptions, type OptionsOf, type Parameters } from "../../core/index.js";
import { movingAverage } from "../../core/ops/index.js";

const name = "averaged-weights";

const schema = z.object({
  decay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9999)
    .describe("Share of the average that each update leaves as it is; short trainings want less."),
  warmup: z
    .boolean()
    .default(false)
    .describe(
      "Whether the share grows with the updates, 1 − (1 + n)^(−2/3) up to decay, so that the first weights are soon forgotten.",
    ),
  view: z
    .string()
    .refine((view) => view !== "raw", "another name than raw: those are the weights themselves")
    .default("ema")
    .describe("What the view of the model is called."),
});

export type AveragedWeightsOptions = OptionsOf<typeof schema>;

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
  ...describeOptions(name, schema),
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
    if (kept) tf.tidy(() => kept.assign(movingAverage(kept, variable, { kept: decay, share: 1 - decay })));
  }
  averages.copyCounters(weights);
}
