/** The options of a residual network, and what they must be. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { count, counts, oneForEach } from "../layers/option-types.js";
import { dropPathOption, headOptions } from "./common.js";

/** The layers before the first stage. */
const stemSchema = z
  .strictObject({
    filters: count.exactOptional().describe("Channels; 64 unless said."),
    size: count.exactOptional().describe("Side of the kernel, padded by half of it; 7, or 3 for images of 32 pixels."),
    stride: count.exactOptional().describe("2, or 1 for images of 32 pixels."),
    pool: z.boolean().exactOptional().describe("Whether a 3×3 max pool with stride 2 follows; true unless said."),
  })
  .readonly();

export type StemOptions = z.input<typeof stemSchema>;

const defaultStem: Required<StemOptions> = { filters: 64, size: 7, stride: 2, pool: true };

const commonSchema = z.object({
  ...headOptions,
  zeroInitResidual: z
    .boolean()
    .default(false)
    .describe(
      "Whether the last batch norm of every residual branch starts at 0, so that each new block is the identity: helps when training from scratch for few epochs. torchvision has false.",
    ),
  dropPath: dropPathOption,
  strides: counts
    .nullable()
    .default(null)
    .describe("Of the first block of each stage; null: 1, then 2 for every further stage."),
  stem: stemSchema
    .default(defaultStem)
    .describe("The layers before the first stage; what it does not name keeps its default."),
});

/** Of a network with four stages. */
export const standardResnetSchema = commonSchema.superRefine(oneForEach(4, ["strides"]));

export const resnetSchema = commonSchema
  .extend({
    block: z.enum(["basic", "bottleneck"]).default("basic").describe("What stages are made of."),
    depths: counts.describe("Blocks of each stage."),
    widths: counts.describe("Channels of each stage; bottlenecks give out four times as many."),
  })
  .superRefine(oneForEach("depths", ["widths", "strides"]));

/** What every residual network can be told. */
export type ResnetCommonOptions = OptionsOf<typeof commonSchema>;
export type ResnetOptions = OptionsOf<typeof resnetSchema>;

export interface ResnetShape extends Required<Pick<ResnetOptions, "block" | "depths" | "widths">> {
  /** As many as `depths`. */
  readonly strides: readonly number[];
  readonly stem: Required<StemOptions>;
}

/** The network's shape, its defaults filled in. */
export function shapeOf({ block, depths, widths, strides, stem }: Required<ResnetOptions>): ResnetShape {
  return {
    block,
    depths,
    widths,
    strides: strides ?? depths.map((_, stage) => (stage === 0 ? 1 : 2)),
    stem: { ...defaultStem, ...stem },
  };
}
