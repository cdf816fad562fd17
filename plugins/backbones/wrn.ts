/** Wide residual networks: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { backboneEntry, namesOf } from "./entry.js";
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
    for (const name of namesOf(standard))
      backbones.register(
        name,
        backboneEntry(name, standardWrnSchema, (owner, options, context) =>
          createWrn(owner, { ...standard[name], ...options }, context),
        ),
      );
    backbones.register("wrn", backboneEntry("wrn", wrnSchema, createWrn));
  },
});
