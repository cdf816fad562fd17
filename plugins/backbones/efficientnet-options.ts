/** The options of an EfficientNet, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, dropRate, oneForEach } from "../layers/option-types.js";
import { headOptions, pooledDropout } from "./common.js";

const commonSchema = z.object({
  ...headOptions,
  dropout: pooledDropout(0.2),
  dropPath: dropRate
    .default(0.2)
    .describe(
      "Share of images for which a training step leaves out a block's branch: of block i of n, i/n of this, from 0 on.",
    ),
});

/** Of a published size, which comes with a dropout of its own. */
export function standardEfficientnetSchema(dropout: number) {
  return commonSchema.extend({ dropout: pooledDropout(dropout) });
}

export const efficientnetSchema = commonSchema
  .extend({
    depths: counts.describe("Blocks of each stage."),
    widths: counts.describe("Channels that the blocks of each stage give out."),
    strides: counts.describe("Of the first block of each stage."),
    expansions: counts.describe("Of each stage: channels inside a block for each that it is given, in multiples of 8."),
    kernels: z
      .array(count.refine((side) => side % 2 === 1, "odd"))
      .min(1)
      .readonly()
      .describe("Of each stage: side of the depthwise kernels, odd."),
    stem: count.default(32).describe("Channels of the first convolution, which halves the sides."),
  })
  .superRefine(oneForEach("depths", ["widths", "strides", "expansions", "kernels"]));

/** What every EfficientNet can be told. */
export type EfficientnetCommonOptions = OptionsOf<typeof commonSchema>;
export type EfficientnetOptions = OptionsOf<typeof efficientnetSchema>;
