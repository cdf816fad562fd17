/** Linear layers, and dropout between them. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Layout, Mode, Random } from "../../core/index.js";
import type { Construction } from "./construction.js";
import { uniformByFanIn } from "./initializers.js";

/** Weight and bias of a linear layer. */
export interface Linear {
  /** `[from, to]` */
  readonly weight: tf.Tensor2D;
  /** `[to]` */
  readonly bias: tf.Tensor1D;
  /** `[batch, from]` to `[batch, to]` */
  apply(x: tf.Tensor2D): tf.Tensor2D;
}

/** How a linear layer starts; see {@link linear}. */
export interface LinearStart {
  readonly weight: Initializer;
  readonly bias: Initializer;
}

/**
 * A linear layer, `<name>.weight` and `<name>.bias`; unless `start` says otherwise, uniform within ±1/√from.
 *
 * @param layout `pointwise` where public files have it as a convolution of one pixel
 */
export function linear(
  at: Construction,
  name: string,
  from: number,
  to: number,
  start?: LinearStart,
  layout: Extract<Layout, "linear" | "pointwise"> = "linear",
): Linear {
  const uniform = uniformByFanIn(at.random, from);
  // Declared with these ranks.
  const weight = at.parameters.weight(`${name}.weight`, [from, to], layout, start?.weight ?? uniform) as tf.Tensor2D;
  const bias = at.parameters.weight(`${name}.bias`, [to], "plain", start?.bias ?? uniform) as tf.Tensor1D;
  return { weight, bias, apply: (x) => x.matMul(weight).add<tf.Tensor2D>(bias) };
}

/**
 * In training, every value is left out with probability `rate`, and the others grow so that the sum stays the same on
 * average. Otherwise the identity.
 *
 * @param random the model's stream, so that a run that is taken up again leaves out the same values
 * @see "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014
 */
export function dropout(random: Random, rate: number) {
  return <T extends tf.Tensor>(x: T, mode: Mode): T => {
    if (mode !== "train" || rate === 0) return x;
    const kept = Float32Array.from({ length: x.size }, () => (random.next() < rate ? 0 : 1 / (1 - rate)));
    return x.mul<T>(tf.tensor(kept, x.shape));
  };
}
