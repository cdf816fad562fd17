/** What a generator makes images from. */
import * as tf from "@tensorflow/tfjs";
import { createRandom, definePlugin, invalidOption, type Random, replace, type Step } from "../../core/index.js";

export interface NoiseOptions {
  /** Numbers for each image; as many as the generator takes. Default 256. */
  readonly size?: number;
  /** So many steps of an epoch, one after the other, have the same batch: that of one inversion. Default 1. */
  readonly hold?: number;
  /** Whether a class is drawn for each image, all alike, and set as `batch.labels`. Default false. */
  readonly labels?: boolean;
}

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
  defaults: { size: 256, hold: 1, labels: false },
  check({ size, hold }) {
    if (!Number.isInteger(hold) || hold < 1)
      throw invalidOption("noise", "hold", "whole and positive", hold, "Try the stage's turn, or 1.");
    if (!Number.isInteger(size) || size < 1)
      throw invalidOption("noise", "size", "whole and positive", size, "Try 256.");
  },
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
