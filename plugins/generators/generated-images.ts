/** The student's images, made by the generator. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, need, type Role, replace } from "../../core/index.js";

const name = "generated-images";

export interface GeneratedImagesOptions {
  /** The role whose model makes the images. Default `generator`. */
  readonly generator?: Role;
}

declare module "../../core/index.js" {
  interface Plugins {
    "generated-images": GeneratedImagesOptions;
  }
}

/**
 * Sets `batch.images` to what the generator makes of `batch.noise`. It works as in its own training, by the statistics of
 * the batch, but nothing in it is trained here: the images are data.
 */
export const generatedImages = definePlugin<GeneratedImagesOptions>({
  name,
  defaults: { generator: "generator" },
  provides: ["images"],
  apply({ hooks, models }, { generator }) {
    hooks.batch.tap(name, (batch) => {
      const model = models.get(generator);
      const images = tf.tidy(() => need(model.forward(batch, "train"), "images", name));
      return replace(batch, { images, normalisation: model.input });
    });
  },
});
