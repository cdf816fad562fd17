/** The options of a MobileNetV2, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, dropRate, oneForEach } from "../layers/option-types.js";

export const standardMobilenetSchema = z.object({
  head: z.enum(["linear", "squeeze-excite", "max-pool-mlp"]).default("linear").describe("What classifies."),
  reduction: count.default(16).describe("Of the squeeze-excite head: channels per hidden value of the gate."),
  hidden: count.default(512).describe("Of the max-pool-mlp head: values of its hidden layer."),
  dropout: dropRate
    .default(0.2)
    .describe("Of the heads linear and squeeze-excite: share of pooled values that a training step leaves out."),
  dropPath: dropRate
    .default(0)
    .describe(
      "Share of images for which a training step leaves out a block's branch: 0 in the first block, this in the last.",
    ),
  width: z
    .number()
    .positive()
    .default(1)
    .describe(
      "Multiplies all channels, which are then brought to multiples of 8; those of the last layer only from 1 on.",
    ),
});

export const mobilenetSchema = standardMobilenetSchema
  .extend({
    depths: counts.describe("Blocks of each stage."),
    widths: counts.describe("Channels that the blocks of each stage give out."),
    strides: counts.describe("Of the first block of each stage."),
    expansions: counts.describe("Of each stage: channels inside a block for each that it is given."),
    stem: count.default(32).describe("Channels of the first convolution, which halves the sides."),
    last: count.default(1280).describe("Channels of the last convolution."),
  })
  .superRefine(oneForEach("depths", ["widths", "strides", "expansions"]));

/** What every MobileNetV2 can be told. */
export type MobilenetCommonOptions = OptionsOf<typeof standardMobilenetSchema>;
export type MobilenetOptions = OptionsOf<typeof mobilenetSchema>;
