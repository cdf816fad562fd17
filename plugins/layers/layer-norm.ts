/** The layer-normalisation layer. */
import type * as tf from "@tensorflow/tfjs";
import { layerNorm as normalise } from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { constant } from "./initializers.js";

/** A layer norm over the last axis. */
export interface LayerNorm {
  /** `[channels]` */
  readonly scale: tf.Tensor1D;
  /** Added to the variance. */
  readonly epsilon: number;
  /** `[…, channels]` to the same. */
  apply<T extends tf.Tensor>(x: T): T;
}

/** `<name>.weight`, from 1, and `<name>.bias`, from 0; `epsilon` as ConvNeXt's and vision transformers', 1e-6, unless said. */
export function layerNorm(at: Construction, name: string, channels: number, epsilon = 1e-6): LayerNorm {
  // Declared with one side.
  const scale = at.parameters.weight(`${name}.weight`, [channels], "plain", constant(1)) as tf.Tensor1D;
  const offset = at.parameters.weight(`${name}.bias`, [channels], "plain", constant(0)) as tf.Tensor1D;
  return { scale, epsilon, apply: (x) => normalise(x, scale, offset, { epsilon }) };
}
