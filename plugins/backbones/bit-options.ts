/** The options of a BiT network, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, oneForEach } from "../layers/option-types.js";
import { dropPathOption, headOptions, pooledDropout } from "./common.js";

/** Every normalised map has a multiple of the 32 groups of its norm, the inner ones with a quarter of the channels too. */
const multipleOf = (factor: number, message: string) => count.refine((channels) => channels % factor === 0, message);

export const standardBitSchema = z.object({
  ...headOptions,
  dropout: pooledDropout(0),
  dropPath: dropPathOption,
});

export const bitSchema = standardBitSchema
  .extend({
    depths: counts.describe("Blocks of each stage."),
    widths: z
      .array(multipleOf(128, "multiples of 128"))
      .min(1)
      .readonly()
      .describe("Channels that the blocks of each stage give out, a quarter of them inside: multiples of 128."),
    stem: multipleOf(32, "a multiple of 32")
      .default(64)
      .describe("Channels of the first convolution, a multiple of 32."),
  })
  .superRefine(oneForEach("depths", ["widths"]));

/** What every BiT network can be told. */
export type BitCommonOptions = OptionsOf<typeof standardBitSchema>;
export type BitOptions = OptionsOf<typeof bitSchema>;
