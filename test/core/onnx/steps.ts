/** Networks in a line, for what a format is to have of each kernel. */
import * as tf from "@tensorflow/tfjs";
import { createRandom, type Model, Parameters } from "../../../core/index.js";
import { keep } from "../../plugins/backbones/building.js";

export type Answer = (images: tf.Tensor4D, weights: Parameters) => tf.Tensor;

/** A network in a line: its logits are what the function makes of images. */
export function net(answer: Answer): Model {
  const parameters = new Parameters();
  return keep({
    parameters,
    forward: ({ images }) => ({ logits: tf.tidy(() => answer(images as tf.Tensor4D, parameters) as tf.Tensor2D) }),
  });
}

export const drawn = (seed: number) => (shape: readonly number[]) =>
  createRandom(seed).normals(shape.reduce((product, side) => product * side, 1));
/** A step of a network by the name of its kernel, where networks of fgkd do not have it. */
export const steps: Readonly<Record<string, (map: tf.Tensor4D) => tf.Tensor>> = {
  "a maximum with a scalar": (x) => x.maximum(0.4),
  "a clip": (x) => x.clipByValue(0.2, 0.7),
  "a leaky ReLU": (x) => tf.leakyRelu(x.sub(0.5), 0.3),
  "a PReLU": (x) => tf.prelu(x.sub(0.5), tf.tensor1d([0.1, 0.2, 0.3])),
  "a softmax": (x) => tf.softmax(x),
  "a logarithm of one": (x) => tf.logSoftmax(x),
  "a difference, squared": (x) => tf.squaredDifference(x, x.mean([1, 2], true)),
  "a choice": (x) => tf.where(x.greater(0.5), x, x.neg()),
  "parts of channels": (x) => tf.concat(tf.split(x, [1, 2], 3).reverse(), 3),
  "a slice of a map": (x) => x.relu().slice([0, 1, 2, 0], [-1, 4, 3, 3]),
  "a border of ones": (x) =>
    x.pad(
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
      1,
    ),
  "pooling by averages that leave the border out": (x) => tf.avgPool(x, 3, 2, "same"),
  "a larger map": (x) => tf.image.resizeBilinear(x, [16, 12], false, true),
  "rows pooled": (x) => tf.conv2d(x, tf.ones([1, 1, 3, 3]), 1, "valid").max(2),
  "a tile": (x) => x.tile([1, 2, 1, 1]),
  "a dilated convolution": (x) => tf.conv2d(x, tf.tensor4d(drawn(7)([3, 3, 3, 2]), [3, 3, 3, 2]), 1, "same", "NHWC", 2),
  "an uneven stride": (x) => tf.conv2d(x, tf.tensor4d(drawn(7)([2, 3, 3, 2]), [2, 3, 3, 2]), [1, 2], "same"),
};
