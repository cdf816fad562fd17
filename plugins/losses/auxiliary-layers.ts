/** Layers that a loss trains beside the student: adapters and projectors, which nobody exports. */
import * as tf from "@tensorflow/tfjs";
import {
  invalidOption,
  type Model,
  type ModelMap,
  type Random,
  type Role,
  type Training,
  unknownName,
} from "../../core/index.js";
import { adaptiveAveragePool } from "../../core/ops/index.js";
import { uniformByFanIn } from "../layers/initializers.js";

/** A 1×1 convolution without bias: `[1, 1, from, to]`, uniform within ±1/√from. */
export function pointwise(auxiliary: Training["auxiliary"], random: Random, name: string, from: number, to: number) {
  // Declared with four sides.
  return auxiliary.weight(
    name,
    [1, 1, from, to],
    "convolution",
    uniformByFanIn(random, from),
  ) as tf.Tensor as tf.Tensor4D;
}

/**
 * Two linear layers with a ReLU between, each drawn uniformly by its fan-in: `[batch, from]` to `[batch, to]`.
 *
 * @param at begins the names of its weights
 */
export function perceptron(
  auxiliary: Training["auxiliary"],
  random: Random,
  at: string,
  [from, hidden, to]: readonly [from: number, hidden: number, to: number],
): (pooled: tf.Tensor2D) => tf.Tensor2D {
  const linear = (layer: number, inputs: number, outputs: number) => {
    const start = uniformByFanIn(random, inputs);
    const weight = auxiliary.weight(`${at}.${layer}.weight`, [inputs, outputs], "linear", start);
    // Declared with two sides.
    return {
      weight: weight as tf.Tensor as tf.Tensor2D,
      bias: auxiliary.weight(`${at}.${layer}.bias`, [outputs], "plain", start),
    };
  };
  const [first, second] = [linear(0, from, hidden), linear(2, hidden, to)];
  return (pooled) => {
    const inner = tf.relu(pooled.matMul(first.weight).add<tf.Tensor2D>(first.bias));
    return inner.matMul(second.weight).add<tf.Tensor2D>(second.bias);
  };
}

/** Channels of a model's last map, for images of this side. */
export function lastChannels(model: Model, side: number): number {
  let channels = 0;
  tf.tidy(() => {
    const { features } = model.forward({ images: tf.zeros([1, side, side, 3]) }, "eval");
    channels = features?.shape[3] ?? 0;
  });
  return channels;
}

/** The inner maps of the model that plays a role. @throws FGKD_INVALID_OPTION when it names none */
export function mapsOf({ models }: Pick<Training, "models">, role: Role, loss: string): readonly ModelMap[] {
  const { maps = [] } = models.get(role);
  if (maps.length > 0) return maps;
  throw invalidOption(
    loss,
    "models",
    `a model of role "${role}" that names its inner maps`,
    maps,
    "Choose a resnet or a vgg.",
  );
}

/** One of them. @throws FGKD_UNKNOWN_NAME */
export function mapNamed(maps: readonly ModelMap[], name: string): ModelMap {
  const found = maps.find((map) => map.name === name);
  if (!found)
    throw unknownName(
      "map",
      name,
      maps.map((map) => map.name),
    );
  return found;
}

/** Both maps with the smaller of their heights and widths, by average pooling. */
export function smallerSides(one: tf.Tensor4D, other: tf.Tensor4D): readonly [tf.Tensor4D, tf.Tensor4D] {
  const [height, width] = [Math.min(one.shape[1], other.shape[1]), Math.min(one.shape[2], other.shape[2])];
  const shrunk = (map: tf.Tensor4D) =>
    map.shape[1] === height && map.shape[2] === width ? map : adaptiveAveragePool(map, [height, width]);
  return [shrunk(one), shrunk(other)];
}
