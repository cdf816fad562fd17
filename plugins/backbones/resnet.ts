/** Residual networks: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { backboneEntry, namesOf } from "./entry.js";
import { createResnet } from "./resnet-model.js";
import { type ResnetCommonOptions, type ResnetOptions, resnetSchema, standardResnetSchema } from "./resnet-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    resnet18: ResnetCommonOptions;
    resnet34: ResnetCommonOptions;
    resnet50: ResnetCommonOptions;
    resnet101: ResnetCommonOptions;
    /** Any depth and width. */
    resnet: ResnetOptions;
  }
}

const standard = {
  resnet18: { block: "basic", depths: [2, 2, 2, 2] },
  resnet34: { block: "basic", depths: [3, 4, 6, 3] },
  resnet50: { block: "bottleneck", depths: [3, 4, 6, 3] },
  resnet101: { block: "bottleneck", depths: [3, 4, 23, 3] },
} as const;

const widths = [64, 128, 256, 512] as const;

/**
 * Registers the backbones `resnet18`, `resnet34`, `resnet50`, `resnet101` and the configurable `resnet`, with the
 * weights' names, order of layers and initialisation of torchvision.
 *
 * @see "Deep Residual Learning for Image Recognition", 2016
 */
export const resnet = definePlugin({
  name: "resnet",
  defaults: {},
  register({ backbones }) {
    for (const name of namesOf(standard))
      backbones.register(
        name,
        backboneEntry(name, standardResnetSchema, (owner, options, context) =>
          createResnet(owner, { ...standard[name], widths, ...options }, context),
        ),
      );
    backbones.register("resnet", backboneEntry("resnet", resnetSchema, createResnet));
  },
});
