/** Registers the optimisers, and what goes with them: schedules and parameter groups. */
import { definePlugin, invalidOption } from "../../core/index.js";
import { type AdamOptions, adamRule } from "./adam.js";
import {
  type FreezeOptions,
  freeze,
  type LayerDecayOptions,
  layerDecay,
  type NewLayersOptions,
  type NoDecayOptions,
  newLayers,
  noDecay,
} from "./groups.js";
import {
  type CosineOptions,
  constant,
  cosine,
  type StepDecayOptions,
  stepDecay,
  type WarmupOptions,
  warmupDefaults,
} from "./schedules.js";
import { type SgdOptions, sgdRule } from "./sgd.js";

declare module "../../core/index.js" {
  interface Optimizers {
    sgd: SgdOptions;
    /** Weight decay is added to the gradient. */
    adam: AdamOptions;
    /** Weight decay is taken off the weights, apart from the gradient. */
    adamw: AdamOptions;
  }
  interface Schedules {
    constant: WarmupOptions;
    /** Half a wave, from the learning rate to `minimum`. */
    cosine: CosineOptions;
    /** Falls at milestones, or every so many epochs. */
    step: StepDecayOptions;
  }
  interface ParameterGroups {
    "layer-decay": LayerDecayOptions;
    "no-decay": NoDecayOptions;
    freeze: FreezeOptions;
    "new-layers": NewLayersOptions;
  }
}

const adamDefaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Registers `sgd`, `adam` and `adamw`, with PyTorch's arithmetic; the schedules `constant`, `cosine` and `step`; and the
 * parameter groups `layer-decay`, `no-decay`, `freeze` and `new-layers`.
 */
export const optimizers = definePlugin({
  name: "optimizers",
  defaults: {},
  register({ optimizers, schedules, groups }) {
    schedules.register("constant", { defaults: warmupDefaults, create: constant });
    schedules.register("cosine", { defaults: { ...warmupDefaults, minimum: 0 }, create: cosine });
    schedules.register("step", {
      defaults: { ...warmupDefaults, every: null, milestones: [], factor: 0.1 },
      create: stepDecay,
    });
    groups.register("layer-decay", { defaults: {}, required: ["rate"], create: layerDecay });
    groups.register("no-decay", { defaults: { rank: 1, names: [] }, create: noDecay });
    groups.register("freeze", { defaults: {}, required: ["names"], create: freeze });
    groups.register("new-layers", { defaults: {}, required: ["factor"], create: newLayers });
    optimizers.register("sgd", {
      defaults: { momentum: 0, nesterov: false },
      create: (options) => sgdRule(checkSgd(options)),
    });
    optimizers.register("adam", {
      defaults: adamDefaults,
      create: (options) => adamRule(checkAdam("adam", options), false),
    });
    optimizers.register("adamw", {
      defaults: adamDefaults,
      create: (options) => adamRule(checkAdam("adamw", options), true),
    });
  },
});

function checkSgd(options: Required<SgdOptions>): Required<SgdOptions> {
  const { momentum, nesterov } = options;
  if (!isShare(momentum)) throw invalidOption("optimizer sgd", "momentum", "in [0, 1)", momentum, "0.9 is usual.");
  if (nesterov && momentum === 0)
    throw invalidOption(
      "optimizer sgd",
      "nesterov",
      "false without momentum",
      nesterov,
      "Set momentum, to 0.9 for example.",
    );
  return options;
}

function checkAdam(name: string, options: Required<AdamOptions>): Required<AdamOptions> {
  const { beta1, beta2, epsilon } = options;
  const owner = `optimizer ${name}`;
  if (!isShare(beta1)) throw invalidOption(owner, "beta1", "in [0, 1)", beta1, "0.9 is usual.");
  if (!isShare(beta2)) throw invalidOption(owner, "beta2", "in [0, 1)", beta2, "0.999 is usual.");
  if (!(epsilon > 0)) throw invalidOption(owner, "epsilon", "greater than 0", epsilon, "1e-8 is usual.");
  return options;
}

function isShare(value: number): boolean {
  return value >= 0 && value < 1;
}
