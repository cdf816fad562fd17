/** The options of a MobileNetV2, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, oneForEach } from "../layers/option-types.js";
import { dropPathOption, headOptions, pooledDropout } from "./common.js";

export const standardMobilenetSchema = z.object({
  ...headOptions,
  dropout: pooledDropout(0.2),
  dropPath: dropPathOption,
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
