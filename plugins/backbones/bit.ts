/** BiT networks: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { createBit } from "./bit-model.js";
import { type BitCommonOptions, type BitOptions, bitSchema, standardBitSchema } from "./bit-options.js";
import { backboneEntry, namesOf } from "./entry.js";

declare module "../../core/index.js" {
  interface Backbones {
    resnetv2_50x1_bit: BitCommonOptions;
    resnetv2_101x1_bit: BitCommonOptions;
    resnetv2_50x3_bit: BitCommonOptions;
    resnetv2_101x3_bit: BitCommonOptions;
    resnetv2_152x2_bit: BitCommonOptions;
    /** Any depths and widths. */
    bit: BitOptions;
  }
}

const standard = {
  resnetv2_50x1_bit: { depths: [3, 4, 6, 3], factor: 1 },
  resnetv2_101x1_bit: { depths: [3, 4, 23, 3], factor: 1 },
  resnetv2_50x3_bit: { depths: [3, 4, 6, 3], factor: 3 },
  resnetv2_101x3_bit: { depths: [3, 4, 23, 3], factor: 3 },
  resnetv2_152x2_bit: { depths: [3, 8, 36, 3], factor: 2 },
} as const;

/**
 * Registers the backbones `resnetv2_50x1_bit` to `resnetv2_152x2_bit` and the configurable `bit`, with the weights' names and
 * order of layers of timm.
 *
 * @see "Big Transfer (BiT): General Visual Representation Learning", 2020
 */
export const bit = definePlugin({
  name: "bit",
  defaults: {},
  register({ backbones }) {
    for (const name of namesOf(standard))
      backbones.register(
        name,
        backboneEntry(name, standardBitSchema, (owner, options, context) =>
          createBit(owner, { ...shapeOf(standard[name]), ...options }, context),
        ),
      );
    backbones.register("bit", backboneEntry("bit", bitSchema, createBit));
  },
});

function shapeOf({ depths, factor }: (typeof standard)[keyof typeof standard]) {
  return { depths, widths: [256, 512, 1024, 2048].map((width) => width * factor), stem: 64 * factor };
}
