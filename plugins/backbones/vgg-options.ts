/** The options of a VGG network, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, oneForEach } from "../layers/option-types.js";

export const standardVggSchema = z.object({
  head: z
    .enum(["vgg", "linear", "squeeze-excite", "max-pool-mlp"])
    .default("vgg")
    .describe("What classifies; vgg: torchvision's three layers."),
  hidden: count.default(4096).describe("Of the heads vgg and max-pool-mlp: values of a hidden layer."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.5)
    .describe("Of the head vgg: share of hidden values that a training step leaves out."),
  reduction: count.default(16).describe("Of the head squeeze-excite: channels per hidden value of the gate."),
});

export const vggSchema = standardVggSchema
  .extend({
    depths: counts.describe("Convolutions of each stage; a max pool ends it."),
    widths: counts.describe("Channels of each stage."),
    batchNorm: z.boolean().default(false).describe("Whether batch norm follows every convolution."),
  })
  .superRefine(oneForEach("depths", ["widths"]));

/** What every VGG network can be told. */
export type VggCommonOptions = OptionsOf<typeof standardVggSchema>;
export type VggOptions = OptionsOf<typeof vggSchema>;
