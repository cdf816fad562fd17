/** What every generator of images can be told. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { invalidOption, type Model, type OptionsOf } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const colours = z.tuple([z.number(), z.number(), z.number()]).readonly();

export const generatorSchema = z.object({
  noise: count.default(256).describe("Numbers that an image is made from."),
  size: count.default(224).describe("Side of the images, in pixels."),
  range: z
    .enum(["pixel", "direct"])
    .default("pixel")
    .describe(
      "pixel: the result of the last layer is a pixel in [0, 1], which is then normalised, so that every colour can be reached; direct: it is the normalised image itself.",
    ),
  mean: colours
    .default([0.485, 0.456, 0.406])
    .describe(
      "Of the images as they are made, with range: pixel; whoever looks at them has them in its own. What models.<role>.input says otherwise, they are led over to.",
    ),
  deviation: colours.default([0.229, 0.224, 0.225]).describe("Likewise."),
});

export type GeneratorCommonOptions = OptionsOf<typeof generatorSchema>;

/** @throws FGKD_INVALID_OPTION */
export function checkGenerator(owner: string, options: Required<GeneratorCommonOptions>, growth: number): void {
  const { size } = options;
  if (size % growth !== 0) throw invalidOption(owner, "size", `a multiple of ${growth}`, size, `Try ${growth * 4}.`);
}

/** The normalised image, from the result of a `tanh`. */
export function normalised(image: tf.Tensor4D, options: Required<GeneratorCommonOptions>): tf.Tensor4D {
  if (options.range === "direct") return image;
  return tf.tidy(() => image.add(1).div(2).sub(options.mean).div<tf.Tensor4D>(options.deviation));
}

/** What others must know of the images: what a `direct` one means is for its settings, its file or its stage to say. */
export function makes({ size, range, mean, deviation }: Required<GeneratorCommonOptions>): Model["makes"] {
  return range === "direct" ? { size } : { size, mean, deviation };
}
