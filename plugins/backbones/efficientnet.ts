/** EfficientNets: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { scaledChannels } from "../layers/inverted-residual.js";
import { createEfficientnet } from "./efficientnet-model.js";
import {
  type EfficientnetCommonOptions,
  type EfficientnetOptions,
  efficientnetSchema,
  standardEfficientnetSchema,
} from "./efficientnet-options.js";
import { backboneEntry, namesOf } from "./entry.js";

declare module "../../core/index.js" {
  interface Backbones {
    efficientnet_b0: EfficientnetCommonOptions;
    efficientnet_b1: EfficientnetCommonOptions;
    efficientnet_b2: EfficientnetCommonOptions;
    efficientnet_b3: EfficientnetCommonOptions;
    efficientnet_b4: EfficientnetCommonOptions;
    /** Any depths and widths. */
    efficientnet: EfficientnetOptions;
  }
}

/** The smallest one, which the others are scaled from. */
const smallest = {
  depths: [1, 2, 2, 3, 3, 4, 1],
  widths: [16, 24, 40, 80, 112, 192, 320],
  strides: [1, 2, 2, 2, 1, 2, 1],
  expansions: [1, 6, 6, 6, 6, 6, 6],
  kernels: [3, 3, 5, 3, 5, 5, 3],
  stem: 32,
} as const;

const standard = {
  efficientnet_b0: { width: 1, depth: 1, dropout: 0.2 },
  efficientnet_b1: { width: 1, depth: 1.1, dropout: 0.2 },
  efficientnet_b2: { width: 1.1, depth: 1.2, dropout: 0.3 },
  efficientnet_b3: { width: 1.2, depth: 1.4, dropout: 0.3 },
  efficientnet_b4: { width: 1.4, depth: 1.8, dropout: 0.4 },
} as const;

/**
 * Registers the backbones `efficientnet_b0` to `efficientnet_b4` and the configurable `efficientnet`, with the weights' names,
 * order of layers and dropouts of torchvision.
 *
 * @see "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019
 */
export const efficientnet = definePlugin({
  name: "efficientnet",
  defaults: {},
  register({ backbones }) {
    for (const name of namesOf(standard))
      backbones.register(
        name,
        backboneEntry(name, standardEfficientnetSchema(standard[name].dropout), (owner, options, context) =>
          createEfficientnet(owner, { ...scaled(standard[name]), ...options }, context),
        ),
      );
    backbones.register("efficientnet", backboneEntry("efficientnet", efficientnetSchema, createEfficientnet));
  },
});

function scaled({ width, depth }: (typeof standard)[keyof typeof standard]) {
  return {
    ...smallest,
    depths: smallest.depths.map((blocks) => Math.ceil(blocks * depth)),
    widths: smallest.widths.map((channels) => scaledChannels(channels, width)),
    stem: scaledChannels(smallest.stem, width),
  };
}
