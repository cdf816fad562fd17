/** ConvNeXt: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { createConvnext } from "./convnext-model.js";
import {
  type ConvnextCommonOptions,
  type ConvnextOptions,
  convnextSchema,
  standardConvnextSchema,
} from "./convnext-options.js";
import { backboneEntry, namesOf } from "./entry.js";

declare module "../../core/index.js" {
  interface Backbones {
    convnext_tiny: ConvnextCommonOptions;
    convnext_small: ConvnextCommonOptions;
    convnext_base: ConvnextCommonOptions;
    convnext_large: ConvnextCommonOptions;
    /** Any depths and widths. */
    convnext: ConvnextOptions;
  }
}

const standard = {
  convnext_tiny: { depths: [3, 3, 9, 3], widths: [96, 192, 384, 768] },
  convnext_small: { depths: [3, 3, 27, 3], widths: [96, 192, 384, 768] },
  convnext_base: { depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024] },
  convnext_large: { depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536] },
} as const;

/**
 * Registers the backbones `convnext_tiny`, `convnext_small`, `convnext_base`, `convnext_large` and the configurable `convnext`,
 * with timm's names of weights, the official initialisation and drop path; files under the official names are read too.
 *
 * @see "A ConvNet for the 2020s", 2022
 */
export const convnext = definePlugin({
  name: "convnext",
  defaults: {},
  register({ backbones }) {
    for (const name of namesOf(standard))
      backbones.register(
        name,
        backboneEntry(name, standardConvnextSchema, (owner, options, context) =>
          createConvnext(owner, { ...standard[name], ...options }, context),
        ),
      );
    backbones.register("convnext", backboneEntry("convnext", convnextSchema, createConvnext));
  },
});
