/** DeiT: a plugin that registers the usual vision transformers and one to configure. */

import { definePlugin } from "../../core/index.js";
import { createDeit } from "./deit-model.js";
import { type DeitCommonOptions, type DeitOptions, deitSchema, standardDeitSchema } from "./deit-options.js";
import { backboneEntry, namesOf } from "./entry.js";

declare module "../../core/index.js" {
  interface Backbones {
    deit_tiny_patch16_224: DeitCommonOptions;
    deit_tiny_patch16_384: DeitCommonOptions;
    deit_tiny_distilled_patch16_224: DeitCommonOptions;
    deit_tiny_distilled_patch16_384: DeitCommonOptions;
    deit_small_patch16_224: DeitCommonOptions;
    deit_small_patch16_384: DeitCommonOptions;
    deit_small_distilled_patch16_224: DeitCommonOptions;
    deit_small_distilled_patch16_384: DeitCommonOptions;
    deit_base_patch16_224: DeitCommonOptions;
    deit_base_patch16_384: DeitCommonOptions;
    deit_base_distilled_patch16_224: DeitCommonOptions;
    deit_base_distilled_patch16_384: DeitCommonOptions;
    /** Any size, width and depth. */
    deit: DeitOptions;
  }
}

const shapes = {
  tiny: { width: 192, heads: 3 },
  small: { width: 384, heads: 6 },
  base: { width: 768, heads: 12 },
} as const;

const kinds = { "": false, distilled_: true } as const;
const sizes = [224, 384] as const;

/**
 * Registers the vision transformers of DeiT, `deit_tiny_patch16_224` to `deit_base_distilled_patch16_384`, and the configurable
 * `deit`, with timm's names of weights, its initialisation and drop path. Weights for another size of image are read, too.
 *
 * @see "Training data-efficient image transformers & distillation through attention", 2021
 */
export const deit = definePlugin({
  name: "deit",
  defaults: {},
  register({ backbones }) {
    for (const shape of namesOf(shapes))
      for (const kind of namesOf(kinds))
        for (const size of sizes) {
          const name = `deit_${shape}_${kind}patch16_${size}` as const;
          const fixed = { ...shapes[shape], distilled: kinds[kind], patch: 16, depth: 12, mlpRatio: 4 };
          backbones.register(
            name,
            backboneEntry(name, standardDeitSchema(size), (owner, options, context) =>
              createDeit(owner, { ...fixed, ...options }, context),
            ),
          );
        }
    backbones.register("deit", backboneEntry("deit", deitSchema, createDeit));
  },
});
