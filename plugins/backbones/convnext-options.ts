/** The options of a ConvNeXt, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, oneForEach } from "../layers/option-types.js";

const commonSchema = z.object({
  head: z
    .enum(["norm-linear", "linear", "squeeze-excite", "max-pool-mlp"])
    .default("norm-linear")
    .describe("What classifies; norm-linear: ConvNeXt's own, a layer norm between pool and classifier."),
  headInitScale: z
    .number()
    .nonnegative()
    .default(1)
    .describe(
      "Of the head norm-linear: multiplies the classifier's first weights; 0.001 when fine-tuning, as published.",
    ),
  reduction: count.default(16).describe("Of the head squeeze-excite: channels per hidden value of the gate."),
  hidden: count.default(512).describe("Of the head max-pool-mlp: values of its hidden layer."),
  dropPath: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      "Share of images for which a training step leaves out the last block's branch; from 0 at the first block, evenly.",
    ),
  layerScale: z
    .number()
    .nullable()
    .default(1e-6)
    .describe("What the scale of each channel of a branch starts from; null: branches have none."),
  patch: count
    .default(4)
    .describe(
      "Side and stride of the first convolution; 1 or 2 for images of 32 pixels, where public weights do not fit.",
    ),
  strides: counts
    .nullable()
    .default(null)
    .describe("Of the convolution before each stage; null: 1, then 2 for every further stage."),
  kernel: count
    .refine((size) => size % 2 === 1, "odd")
    .default(7)
    .describe("Side of the depthwise convolutions."),
});

/** Of a network with four stages. */
export const standardConvnextSchema = commonSchema.superRefine(oneForEach(4, ["strides"]));

export const convnextSchema = commonSchema
  .extend({
    depths: counts.describe("Blocks of each stage."),
    widths: counts.describe("Channels of each stage."),
  })
  .superRefine(oneForEach("depths", ["widths", "strides"]));

/** What every ConvNeXt can be told. */
export type ConvnextCommonOptions = OptionsOf<typeof commonSchema>;
export type ConvnextOptions = OptionsOf<typeof convnextSchema>;
