/** Small batches and models, so that a plugin's test takes milliseconds. */
import * as tf from "@tensorflow/tfjs";
import type { Model, Models } from "../models/model.js";
import { Parameters } from "../models/parameters.js";
import { conv2d, globalAveragePool } from "../ops/index.js";
import { unknownName } from "../values/errors.js";
import { createRandom } from "../values/random.js";
import { type Batch, need } from "../values/records.js";

export interface TinyOptions {
  /** Images in a batch. Default 4. */
  readonly batch?: number;
  /** Side of the images. Default 8. */
  readonly size?: number;
  /** Default 3. */
  readonly classes?: number;
  /** Channels of the model's map. Default 4. */
  readonly channels?: number;
  /** Default 0. */
  readonly seed?: number | string;
}

/** A batch of normal noise, image `i` of class `i` modulo the classes. The caller owns its tensors. */
export function tinyBatch({ batch = 4, size = 8, classes = 3, seed = 0 }: TinyOptions = {}): Batch & {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor2D;
} {
  const indices = Array.from({ length: batch }, (_, index) => index);
  const labels = Array.from({ length: batch * classes }, (_, at) =>
    ((at / classes) | 0) % classes === at % classes ? 1 : 0,
  );
  return {
    images: tf.tensor4d(createRandom(seed).normals(batch * size * size * 3), [batch, size, size, 3]),
    labels: tf.tensor2d(labels, [batch, classes]),
    indices,
  };
}

/**
 * A network with everything that plugins look at: a 3×3 convolution with stride 2 and a ReLU give `features` and the inner
 * map `conv`, a linear classifier on their average gives `logits`. Dispose `parameters` after use.
 */
export function tinyModel({ classes = 3, channels = 4, seed = 0 }: TinyOptions = {}): Model {
  const random = createRandom(seed);
  const parameters = new Parameters();
  const draw = (shape: readonly number[]) => random.normals(shape.reduce((size, side) => size * side, 1));
  // Declared with these ranks.
  const filter = parameters.weight("conv.weight", [3, 3, 3, channels], "convolution", draw) as tf.Tensor4D;
  const weight = parameters.weight("fc.weight", [channels, classes], "linear", draw) as tf.Tensor2D;
  const bias = parameters.weight("fc.bias", [classes], "plain", draw) as tf.Tensor1D;
  return {
    parameters,
    classifier: { weight, bias },
    maps: [{ name: "conv", channels, stride: 2, endsLevel: true }],
    forward: (batch, _, want) => {
      const features = conv2d(need(batch, "images", "tiny-model"), filter, {
        stride: 2,
        padding: 1,
      }).relu<tf.Tensor4D>();
      const logits = globalAveragePool(features).matMul(weight).add<tf.Tensor2D>(bias);
      return { logits, features, ...(want?.maps?.includes("conv") && { maps: { conv: features } }) };
    },
  };
}

/** Models by role, ready-made: `createTraining({ plugins, services: { models: modelsOf({ teacher: tinyModel() }) } })`. */
export function modelsOf(models: Readonly<Record<string, Model>>): Models {
  const get = (role: string) => {
    const model = models[role];
    if (!model) throw unknownName("model role", role, Object.keys(models));
    return model;
  };
  return {
    get,
    view: (role, name) => get(`${role}@${name}`),
    addView: (role, name) => get(`${role}@${name}`),
    built: Object.keys(models),
    isPretrained: () => false,
  };
}
