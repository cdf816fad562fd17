/** The student's images, made by the generator. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { definePlugin, describeOptions, need, type OptionsOf, replace } from "../../core/index.js";
import { role } from "../layers/option-types.js";

const name = "generated-images";

const schema = z.object({
  generator: role.default("generator").describe("The role whose model makes the images."),
  generatorMode: z
    .enum(["train", "eval"])
    .default("train")
    .describe(
      "train: as in its own steps, by the statistics of the batch, and its running averages move; eval: by its running averages.",
    ),
});

export type GeneratedImagesOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    "generated-images": GeneratedImagesOptions;
  }
}

/**
 * Sets `batch.images` to what the generator makes of `batch.noise`. By default it works as in its own training, by the
 * statistics of the batch, but nothing in it is trained here: the images are data.
 */
export const generatedImages = definePlugin<GeneratedImagesOptions>({
  name,
  ...describeOptions(name, schema),
  provides: ["images"],
  apply({ hooks, models }, { generator, generatorMode }) {
    hooks.batch.tap(name, (batch) => {
      const model = models.get(generator);
      const images = tf.tidy(() => need(model.forward(batch, generatorMode), "images", name));
      return replace(batch, { images, normalisation: model.input });
    });
  },
});
