/** MobileNetV2: a plugin that registers the usual one and one to configure. */

import { definePlugin } from "../../core/index.js";
import { backboneEntry } from "./entry.js";
import { createMobilenet } from "./mobilenet-model.js";
import {
  type MobilenetCommonOptions,
  type MobilenetOptions,
  mobilenetSchema,
  standardMobilenetSchema,
} from "./mobilenet-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    mobilenet_v2: MobilenetCommonOptions;
    /** Any depths and widths. */
    mobilenet: MobilenetOptions;
  }
}

const standard = {
  depths: [1, 2, 3, 4, 3, 3, 1],
  widths: [16, 24, 32, 64, 96, 160, 320],
  strides: [1, 2, 2, 2, 1, 2, 1],
  expansions: [1, 6, 6, 6, 6, 6, 6],
  stem: 32,
  last: 1280,
} as const;

/**
 * Registers the backbone `mobilenet_v2` and the configurable `mobilenet`, with the weights' names and order of layers of
 * torchvision.
 *
 * @see "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018
 */
export const mobilenet = definePlugin({
  name: "mobilenet",
  defaults: {},
  register({ backbones }) {
    backbones.register(
      "mobilenet_v2",
      backboneEntry("mobilenet_v2", standardMobilenetSchema, (owner, options, context) =>
        createMobilenet(owner, { ...standard, ...options }, context),
      ),
    );
    backbones.register("mobilenet", backboneEntry("mobilenet", mobilenetSchema, createMobilenet));
  },
});
