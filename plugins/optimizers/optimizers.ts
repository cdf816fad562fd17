/** Registers the optimisers, and what goes with them: schedules and parameter groups. */
import { definePlugin, describeOptions, type OptionsSchema } from "../../core/index.js";
import { type AdamOptions, adamRule, adamSchema } from "./adam.js";
import {
  type FreezeOptions,
  freeze,
  freezeSchema,
  type LayerDecayOptions,
  layerDecay,
  layerDecaySchema,
  type NewLayersOptions,
  type NoDecayOptions,
  newLayers,
  newLayersSchema,
  noDecay,
  noDecaySchema,
} from "./groups.js";
import {
  type CosineOptions,
  constant,
  cosine,
  cosineSchema,
  type RangeTestOptions,
  rangeTest,
  rangeTestSchema,
  type StepDecayOptions,
  stepDecay,
  stepDecaySchema,
  type WarmupOptions,
  warmupSchema,
} from "./schedules.js";
import { type SgdOptions, sgdRule, sgdSchema } from "./sgd.js";

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
    /** Rises by the same factor at each step. */
    "range-test": RangeTestOptions;
  }
  interface ParameterGroups {
    "layer-decay": LayerDecayOptions;
    "no-decay": NoDecayOptions;
    freeze: FreezeOptions;
    "new-layers": NewLayersOptions;
  }
}

/**
 * Registers `sgd`, `adam` and `adamw`, with PyTorch's arithmetic; the schedules `constant`, `cosine`, `step` and `range-test`; and the
 * parameter groups `layer-decay`, `no-decay`, `freeze` and `new-layers`.
 */
export const optimizers = definePlugin({
  name: "optimizers",
  defaults: {},
  register({ optimizers, schedules, groups }) {
    schedules.register("constant", { ...describeOptions("schedule constant", warmupSchema), create: constant });
    schedules.register("cosine", { ...describeOptions("schedule cosine", cosineSchema), create: cosine });
    schedules.register("step", { ...describeOptions("schedule step", stepDecaySchema), create: stepDecay });
    schedules.register("range-test", { ...describeOptions("schedule range-test", rangeTestSchema), create: rangeTest });
    groups.register("layer-decay", { ...describeGroup("layer-decay", layerDecaySchema), create: layerDecay });
    groups.register("no-decay", { ...describeGroup("no-decay", noDecaySchema), create: noDecay });
    groups.register("freeze", { ...describeGroup("freeze", freezeSchema), create: freeze });
    groups.register("new-layers", { ...describeGroup("new-layers", newLayersSchema), create: newLayers });
    optimizers.register("sgd", { ...describeOptions("optimizer sgd", sgdSchema), create: sgdRule });
    optimizers.register("adam", {
      ...describeOptions("optimizer adam", adamSchema),
      create: (options) => adamRule(options, false),
    });
    optimizers.register("adamw", {
      ...describeOptions("optimizer adamw", adamSchema),
      create: (options) => adamRule(options, true),
    });
  },
});

function describeGroup<S extends OptionsSchema>(name: string, schema: S) {
  return describeOptions(`parameter group ${name}`, schema);
}
