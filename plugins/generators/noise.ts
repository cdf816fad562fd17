/** What a generator makes images from. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  createRandom,
  definePlugin,
  describeOptions,
  type OptionsOf,
  type Random,
  replace,
  type Step,
} from "../../core/index.js";
import { count } from "../layers/option-types.js";

const schema = z.object({
  size: count.default(256).describe("Numbers for each image; as many as the generator takes."),
  hold: count
    .default(1)
    .describe("So many steps of an epoch, one after the other, have the same batch: that of one inversion."),
  labels: z
    .boolean()
    .default(false)
    .describe("Whether a class is drawn for each image, all alike, and set as batch.labels."),
});

export type NoiseOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    noise: NoiseOptions;
  }
}

/**
 * Sets `batch.noise`, `[batch size, size]`, to normal numbers: the batch of a stage without data.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const noise = definePlugin<NoiseOptions>({
  name: "noise",
  ...describeOptions("noise", schema),
  provides: ["noise", "labels"],
  apply(training, { size, hold, labels }) {
    const { config, stage, hooks, classes } = training;
    const { batchSize, seed } = config;
    const stream = training.stream("noise");
    // What is held is drawn anew from its place in the epoch, so that there is nothing to save.
    const randomAt = ({ epoch, index }: Step) =>
      hold === 1 ? stream : createRandom(`${seed}/${stage}/noise/${epoch}/${Math.floor(index / hold)}`);
    hooks.batch.tap("noise", (batch, step) => {
      const random = randomAt(step);
      const noise = tf.tensor2d(random.normals(batchSize * size), [batchSize, size]);
      if (!labels) return replace(batch, { noise });
      return replace(batch, { noise, labels: oneHot(batchSize, classes.length, random) });
    });
  },
});

function oneHot(images: number, classes: number, random: Random): tf.Tensor2D {
  const drawn = Int32Array.from({ length: images }, () => random.integer(classes));
  return tf.tidy(() => tf.oneHot(tf.tensor1d(drawn, "int32"), classes).cast<tf.Tensor2D>("float32"));
}
