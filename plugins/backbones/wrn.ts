/** Wide residual networks: a plugin that registers the usual ones and one to configure. */
import {
  type Backbones,
  definePlugin,
  describeOptions,
  type FactoryContext,
  type Model,
  type Registry,
} from "../../core/index.js";
import { createWrn } from "./wrn-model.js";
import { standardWrnSchema, type WrnCommonOptions, type WrnOptions, wrnSchema } from "./wrn-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    wrn_40_2: WrnCommonOptions;
    wrn_40_1: WrnCommonOptions;
    wrn_16_2: WrnCommonOptions;
    wrn_16_1: WrnCommonOptions;
    /** Any depth and width. */
    wrn: WrnOptions;
  }
}

const standard = {
  wrn_40_2: { depth: 40, width: 2 },
  wrn_40_1: { depth: 40, width: 1 },
  wrn_16_2: { depth: 16, width: 2 },
  wrn_16_1: { depth: 16, width: 1 },
} as const;

/**
 * Registers the backbones `wrn_40_2`, `wrn_40_1`, `wrn_16_2`, `wrn_16_1` and the configurable `wrn`, with the weights' names,
 * order of layers and initialisation of DataFree.
 *
 * @see "Wide Residual Networks", 2016
 */
export const wrn = definePlugin({
  name: "wrn",
  defaults: {},
  register({ backbones }) {
    for (const name of Object.keys(standard) as (keyof typeof standard)[]) registerStandard(backbones, name);
    backbones.register("wrn", {
      ...describeOptions("backbone wrn", wrnSchema),
      create: (options, context) => createWrn("backbone wrn", options, context),
    });
  },
});

function registerStandard(backbones: Registry<Backbones, Model>, name: keyof typeof standard): void {
  backbones.register(name, {
    ...describeOptions(`backbone ${name}`, standardWrnSchema),
    create: (options: Required<WrnCommonOptions>, context: FactoryContext) =>
      createWrn(`backbone ${name}`, { ...standard[name], ...options }, context),
  });
}
