/** A tiny batch and a tiny network for the tests of the mixing plugins. */
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  createTraining,
  type Mode,
  type Model,
  type Models,
  type Outputs,
  Parameters,
  type PluginOption,
} from "../../../core/index.js";
import { countingImages, oneHot } from "./golden.js";

const step = { epoch: 0, index: 0, progress: 0 };

/** A batch of four 8×8 images in three classes, its own to be consumed. */
export function tinyBatch(): Batch {
  return { images: countingImages(4, 8, 8), labels: oneHot([0, 1, 2, 1], 3) };
}

/** Passes batches through the `batch` hook of one plugin. */
export function mixer(plugin: PluginOption, models?: Models) {
  const { hooks } = createTraining({ plugins: [plugin], services: models ? { models } : {} });
  return (batch: Batch = tinyBatch()) => hooks.batch.promise(batch, step);
}

/** Models of which each role is the same network, and the record of how they were used. */
export function tinyModels(
  outputs: Partial<Outputs> = {},
  classifier: tf.Tensor2D | undefined = tf.tensor2d([
    [1, 2, 3],
    [3, 1, 0],
  ]),
) {
  const looks: { role: string; mode: Mode }[] = [];
  const model = (role: string): Model => ({
    parameters: new Parameters(),
    ...(classifier && { classifier: { weight: classifier } }),
    forward: ({ images }, mode) => {
      looks.push({ role, mode });
      const channels = (images as tf.Tensor4D).slice([0, 0, 0, 0], [-1, -1, -1, 2]).sin().relu<tf.Tensor4D>();
      const features = tf.avgPool(channels, 2, 2, "valid");
      return { features, ...outputs };
    },
  });
  const models: Models = { get: model, built: [], isPretrained: () => false };
  return { models, looks };
}
