/** The group-normalisation layer. */
import type * as tf from "@tensorflow/tfjs";
import { groupNorm as normalise } from "../../core/ops/index.js";
import { type Construction, type Layer, tidied } from "./construction.js";
import { constant } from "./initializers.js";

/** `<name>.weight` and `.bias`, as PyTorch's GroupNorm with 32 groups and epsilon 1e-5, and a ReLU. */
export function groupNormRelu(at: Construction, name: string, channels: number): Layer {
  // Both have the one side `channels`.
  const scale = at.parameters.weight(`${name}.weight`, [channels], "plain", constant(1)) as tf.Tensor1D;
  const offset = at.parameters.weight(`${name}.bias`, [channels], "plain", constant(0)) as tf.Tensor1D;
  return (x) => tidied(at, () => normalise(x, scale, offset).relu<tf.Tensor4D>());
}
