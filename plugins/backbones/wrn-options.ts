/** The options of a wide residual network, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, dropRate } from "../layers/option-types.js";
import { dropPathOption, headOptions } from "./common.js";

export const standardWrnSchema = z.object({
  ...headOptions,
  dropout: dropRate
    .default(0)
    .describe("Share of values that a training step leaves out between the two convolutions of a block."),
  dropPath: dropPathOption,
  stride: count.default(1).describe("Of the first convolution; 2 for images of 224 pixels."),
  pool: z
    .boolean()
    .default(false)
    .describe("Whether a 3×3 max pool with stride 2 follows the first convolution: for images of 224 pixels."),
});

export const wrnSchema = standardWrnSchema.extend({
  depth: z
    .number()
    .int()
    .min(10)
    .refine((depth) => (depth - 4) % 6 === 0, "6n + 4: 10, 16, 22, 28, 40, …")
    .describe("Layers: 6n + 4, for n blocks in each of the three stages."),
  width: count.describe("Multiplies the 16, 32 and 64 channels of the three stages."),
});

/** What every wide residual network can be told. */
export type WrnCommonOptions = OptionsOf<typeof standardWrnSchema>;
export type WrnOptions = OptionsOf<typeof wrnSchema>;
