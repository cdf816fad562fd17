/** What a generator makes images from. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, invalidOption, replace } from "../../core/index.js";

export interface NoiseOptions {
  /** Numbers for each image; as many as the generator takes. Default 256. */
  readonly size?: number;
}

/**
 * Sets `batch.noise`, `[batch size, size]`, to normal numbers: the batch of a stage without data.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const noise = definePlugin<NoiseOptions>({
  name: "noise",
  defaults: { size: 256 },
  check({ size }) {
    if (!Number.isInteger(size) || size < 1)
      throw invalidOption("noise", "size", "whole and positive", size, "Try 256.");
  },
  apply(training, { size }) {
    const random = training.stream("noise");
    training.hooks.batch.tap("noise", (batch) => {
      const { batchSize } = training.config;
      return replace(batch, { noise: tf.tensor2d(random.normals(batchSize * size), [batchSize, size]) });
    });
  },
});
