/** The head of ConvNeXt: pool, normalise, classify. */
import type * as tf from "@tensorflow/tfjs";
import { globalAveragePool, stopGradient } from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { constant, truncatedNormal } from "./initializers.js";
import { type LayerNorm, layerNorm } from "./layer-norm.js";
import { linear } from "./linear.js";

export interface NormLinearShape {
  /** Of the map. */
  readonly channels: number;
  readonly classes: number;
  /** Multiplies the classifier's first weights. Default 1. */
  readonly initScale?: number;
}

/**
 * `W · LN(g) + b` with the global average `g` of the map; weights under `head.norm.` and `head.fc.`. Those of the classifier are
 * truncated normal with deviation 0.02, times `initScale`; biases are 0.
 *
 * @see "A ConvNet for the 2020s", 2022
 */
export function normLinearHead(at: Construction, { channels, classes, initScale = 1 }: NormLinearShape) {
  const norm = layerNorm(at, "head.norm", channels);
  const start = { weight: truncatedNormal(at.random, 0.02, initScale), bias: constant(0) };
  const classifier = linear(at, "head.fc", channels, classes, start);
  return {
    classifier,
    apply: (features: tf.Tensor4D) => {
      const pooled = globalAveragePool(features);
      const logits = classifier.apply(norm.apply(pooled));
      return { logits, features, pooledScale: stopGradient(() => scaleOf(norm, pooled)) };
    },
  };
}

/** `scale / √(variance + epsilon)` of each vector. */
function scaleOf({ scale, epsilon }: LayerNorm, pooled: tf.Tensor2D): tf.Tensor2D {
  const variance = pooled.sub(pooled.mean(1, true)).square().mean(1, true);
  return scale.div(variance.add(epsilon).sqrt());
}
