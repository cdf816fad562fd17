/** The options of a BiT network, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, dropRate, oneForEach } from "../layers/option-types.js";

/** Of GroupNorm: every normalised map has a multiple of so many channels. */
const groups = 32;

export const standardBitSchema = z.object({
  head: z.enum(["linear", "squeeze-excite", "max-pool-mlp"]).default("linear").describe("What classifies."),
  reduction: count.default(16).describe("Of the squeeze-excite head: channels per hidden value of the gate."),
  hidden: count.default(512).describe("Of the max-pool-mlp head: values of its hidden layer."),
  dropout: dropRate
    .default(0)
    .describe("Of the heads linear and squeeze-excite: share of pooled values that a training step leaves out."),
  dropPath: dropRate
    .default(0)
    .describe(
      "Share of images for which a training step leaves out a block's branch: 0 in the first block, this in the last.",
    ),
});

export const bitSchema = standardBitSchema
  .extend({
    depths: counts.describe("Blocks of each stage."),
    widths: z
      .array(count.multipleOf(4 * groups))
      .min(1)
      .readonly()
      .describe("Channels that the blocks of each stage give out, a quarter of them inside: multiples of 128."),
    stem: count.multipleOf(groups).default(64).describe("Channels of the first convolution, a multiple of 32."),
  })
  .superRefine(oneForEach("depths", ["widths"]));

/** What every BiT network can be told. */
export type BitCommonOptions = OptionsOf<typeof standardBitSchema>;
export type BitOptions = OptionsOf<typeof bitSchema>;
