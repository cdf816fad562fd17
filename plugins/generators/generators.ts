/** Generators of images: a plugin that registers them. */
import { definePlugin, describeOptions } from "../../core/index.js";
import { type AttentionGeneratorOptions, attentionGenerator, attentionGeneratorSchema } from "./attention-generator.js";
import { type SmallGeneratorOptions, smallGenerator, smallGeneratorSchema } from "./small-generator.js";

declare module "../../core/index.js" {
  interface Backbones {
    /** From noise to images, with spatial attention. */
    "attention-generator": AttentionGeneratorOptions;
    /** From noise to small images. */
    "small-generator": SmallGeneratorOptions;
  }
}

/** Registers `attention-generator` and `small-generator`, which make `outputs.images` from `batch.noise`. */
export const generators = definePlugin({
  name: "generators",
  defaults: {},
  register({ backbones }) {
    backbones.register("attention-generator", {
      ...describeOptions("backbone attention-generator", attentionGeneratorSchema),
      create: attentionGenerator,
    });
    backbones.register("small-generator", {
      ...describeOptions("backbone small-generator", smallGeneratorSchema),
      create: smallGenerator,
    });
  },
});
