/** The options of a vision transformer as DeiT has it, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const ofSize = "Side of the images, in pixels; position embeddings of weights for another one are resampled.";

const commonSchema = z.object({
  dropPath: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      "Share of images for which a training step leaves out each of the last block's branches; from 0 at the first block, evenly. Published: 0.1.",
    ),
  resampling: z
    .enum(["bicubic", "antialiased"])
    .default("bicubic")
    .describe("How position embeddings are resampled: bicubic as in DeiT's own script, or antialiased as in timm."),
});

/** Of a network whose shape is known, with patches of 16 pixels, for images of so many unless another size is said. */
export function standardDeitSchema(usual: number) {
  return commonSchema.extend({ size: count.default(usual).describe(ofSize) }).superRefine((options, context) => {
    checkDivisor(context, "size", "a multiple of 16, the side of a patch", options.size, 16);
  });
}

export const deitSchema = commonSchema
  .extend({
    size: count.describe(ofSize),
    patch: count.default(16).describe("Side of a patch, in pixels; a divisor of the size."),
    width: count.describe("Channels of a token."),
    depth: count.default(12).describe("Blocks."),
    heads: count.describe("Heads of the attention; a divisor of the width."),
    mlpRatio: z.number().positive().default(4).describe("Hidden values of a block's MLP for each channel."),
    distilled: z.boolean().default(false).describe("Whether a distillation token has a classifier of its own."),
  })
  .superRefine(({ size, patch, width, heads }, context) => {
    checkDivisor(context, "patch", `a divisor of the size, which is ${size}`, size, patch);
    checkDivisor(context, "heads", `a divisor of the width, which is ${width}`, width, heads);
  });

function checkDivisor(
  context: z.core.$RefinementCtx,
  option: string,
  mustBe: string,
  of: number,
  divisor: number,
): void {
  if (of % divisor !== 0) context.addIssue({ code: "custom", path: [option], message: mustBe });
}

/** What every DeiT can be told. */
export type DeitCommonOptions = OptionsOf<ReturnType<typeof standardDeitSchema>>;
export type DeitOptions = OptionsOf<typeof deitSchema>;
