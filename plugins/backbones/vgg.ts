/** VGG networks: a plugin that registers the usual ones and one to configure. */

import { definePlugin } from "../../core/index.js";
import { backboneEntry, namesOf } from "./entry.js";
import { createVgg } from "./vgg-model.js";
import { standardVggSchema, type VggCommonOptions, type VggOptions, vggSchema } from "./vgg-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    vgg11: VggCommonOptions;
    vgg11_bn: VggCommonOptions;
    vgg13: VggCommonOptions;
    vgg13_bn: VggCommonOptions;
    vgg16: VggCommonOptions;
    vgg16_bn: VggCommonOptions;
    vgg19: VggCommonOptions;
    vgg19_bn: VggCommonOptions;
    /** Any depths and widths. */
    vgg: VggOptions;
  }
}

const depths = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
} as const;

const widths = [64, 128, 256, 512, 512] as const;

/**
 * Registers the backbones `vgg11`, `vgg13`, `vgg16`, `vgg19`, each also with batch norm (`vgg16_bn`), and the configurable
 * `vgg`, with the weights' names, order of layers and initialisation of torchvision.
 *
 * @see "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015
 */
export const vgg = definePlugin({
  name: "vgg",
  defaults: {},
  register({ backbones }) {
    for (const size of namesOf(depths))
      for (const [name, batchNorm] of [[size, false] as const, [`${size}_bn`, true] as const])
        backbones.register(
          name,
          backboneEntry(name, standardVggSchema, (owner, options, context) =>
            createVgg(owner, { depths: depths[size], batchNorm, widths, ...options }, context),
          ),
        );
    backbones.register("vgg", backboneEntry("vgg", vggSchema, createVgg));
  },
});
