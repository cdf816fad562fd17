/** Mixed high-order attention: where a map counts, judged by products of its projections. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Random } from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import { uniformByFanIn } from "../layers/initializers.js";

/** How the maps of the orders become one weight: the mean of their sigmoids, or the sigmoid of their sum. */
export const attentionForms = ["mean-of-sigmoids", "sigmoid-of-sum"] as const;
export type AttentionForm = (typeof attentionForms)[number];

/** By order, from 1: so many projections to the inner width, and one back. */
export interface AttentionWeights {
  /** `[1, 1, channels, inner]` each. */
  readonly projections: readonly (readonly tf.Tensor4D[])[];
  /** `[1, 1, inner, channels]` each. */
  readonly expansions: readonly tf.Tensor4D[];
}

/** Declares a weight: auxiliary to a stage, trained or frozen. */
export type Declare = (name: string, shape: readonly number[], start: Initializer) => tf.Tensor;

/**
 * The weights of an attention of orders 1 to `order` on maps of so many channels. With `c = 2·⌊channels / 8⌋` inside there
 * are `(order·(order + 1)/2 + order) · channels · c` of them.
 */
export function attentionWeights(declare: Declare, random: Random, channels: number, order: number): AttentionWeights {
  const inner = Math.max(1, 2 * Math.floor(channels / 8));
  const convolution = (name: string, from: number, to: number) =>
    declare(name, [1, 1, from, to], uniformByFanIn(random, from)) as tf.Tensor4D;
  const orders = Array.from({ length: order }, (_, index) => index + 1);
  return {
    projections: orders.map((of) =>
      Array.from({ length: of }, (_, part) => convolution(`order${of}.projection${part}.weight`, channels, inner)),
    ),
    expansions: orders.map((of) => convolution(`order${of}.expansion.weight`, inner, channels)),
  };
}

/**
 * `A ⊙ F`. Order `j` multiplies `j` projections of the map element by element, and brings their ReLU back to the map's
 * width: `u_j`. The weight `A` is `(1/R)·Σ_j sigmoid(u_j)`, or `sigmoid(Σ_j u_j)`.
 *
 * @param map `F`, `[batch, height, width, channels]`
 * @see "Mixed High-Order Attention Network for Person Re-Identification", 2019; "Data-free Knowledge Distillation for
 *   Fine-grained Visual Categorization", 2023, figure 3
 */
export function attend(map: tf.Tensor4D, weights: AttentionWeights, form: AttentionForm): tf.Tensor4D {
  return tf.tidy(() => attentionOf(map, weights, form).mul<tf.Tensor4D>(map));
}

/** `A` alone. */
export function attentionOf(map: tf.Tensor4D, weights: AttentionWeights, form: AttentionForm): tf.Tensor4D {
  return tf.tidy(() => {
    const maps = weights.projections.map((projections, index) => {
      const product = projections.map((filter) => conv2d(map, filter)).reduce((all, one) => all.mul<tf.Tensor4D>(one));
      return conv2d(tf.relu(product), weights.expansions[index] as tf.Tensor4D);
    });
    if (form === "sigmoid-of-sum") return tf.sigmoid(tf.addN(maps));
    return tf.addN(maps.map((map) => tf.sigmoid(map))).div<tf.Tensor4D>(maps.length);
  });
}
