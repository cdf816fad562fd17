/** Generators of images: a plugin that registers them. */
import { definePlugin } from "../../core/index.js";
import { type AttentionGeneratorOptions, attentionGenerator } from "./attention-generator.js";
import { generatorDefaults } from "./generator-options.js";
import { type SmallGeneratorOptions, smallGenerator } from "./small-generator.js";

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
      defaults: {
        ...generatorDefaults,
        widths: [512, 256, 128, 64, 64],
        attentionWeight: 0.05,
        attentionReduction: 8,
        attentionAxis: "positions",
        attentionScale: "none",
      },
      create: attentionGenerator,
    });
    backbones.register("small-generator", {
      defaults: { ...generatorDefaults, size: 32, width: 64, firstWidth: null },
      create: smallGenerator,
    });
  },
});
