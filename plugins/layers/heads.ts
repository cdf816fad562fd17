/** What turns a backbone's last map into logits. */
import * as tf from "@tensorflow/tfjs";
import type { Mode, Model, Outputs } from "../../core/index.js";
import { adaptiveAveragePool, globalAveragePool, globalMaxPool } from "../../core/ops/index.js";
import { batchNorm } from "./batch-norm.js";
import type { Construction } from "./construction.js";
import { constant, normal } from "./initializers.js";
import { dropout, type LinearStart, linear } from "./linear.js";
import { normLinearHead } from "./norm-linear-head.js";

/**
 * - `linear`: pool and classify;
 * - `norm-linear`: a layer norm between the two;
 * - `squeeze-excite`: a gate on the pooled channels between the two;
 * - `max-pool-mlp`: pool by the largest value, then two normalised layers, with one hidden layer;
 * - `vgg`: pool to 7×7, then three layers, with dropout between them.
 */
export type HeadKind = "linear" | "norm-linear" | "squeeze-excite" | "max-pool-mlp" | "vgg";

export interface HeadShape {
  readonly kind: HeadKind;
  /** Of the map. */
  readonly channels: number;
  readonly classes: number;
  /** Of the gate: its hidden layer has `channels / reduction` values, at least 1. */
  readonly reduction: number;
  /** Values of a hidden layer, where the head has one. */
  readonly hidden: number;
  /** Share of hidden values that a training step leaves out, where the head does that. */
  readonly dropout: number;
  /** Of the pooling ones: share of pooled values that a training step leaves out before the classifier. Default 0. */
  readonly pooledDropout?: number;
  /** Of the pooling ones: how the classifier starts. Default: uniform within ±1/√channels. */
  readonly start?: LinearStart;
  /** Of the pooling ones: whether public files have the classifier as a convolution of one pixel. Default false. */
  readonly pointwise?: boolean;
  /** Of `norm-linear`: multiplies the classifier's first weights. Default 1. */
  readonly initScale?: number;
}

/** The parts of a model that its head decides. */
export interface Head extends Pick<Model, "classifier" | "fresh" | "head"> {
  /** From `[batch, height, width, channels]` to logits, with the map as `features`, and the gate where there is one. */
  apply(features: tf.Tensor4D, mode: Mode): Outputs;
}

/** A head; the classifier of the pooling ones has its weights under `<classifierName>.`. */
export function head(at: Construction, classifierName: string, shape: HeadShape): Head {
  if (shape.kind === "vgg") return vggHead(at, shape);
  if (shape.kind === "norm-linear") return normLinearHead(at, shape);
  return shape.kind === "max-pool-mlp" ? maxPoolMlp(at, shape) : poolingHead(at, classifierName, shape);
}

/**
 * With `g` the global average of the map: `linear` gives `W·g + b`, `squeeze-excite` gives `W·(s ⊙ g) + b` with
 * `s = sigmoid(W2·relu(W1·g + b1) + b2)`, its weights under `se.`.
 *
 * @see "Squeeze-and-Excitation Networks", 2018
 */
function poolingHead(at: Construction, name: string, shape: HeadShape): Head {
  const { kind, channels, classes, reduction, pooledDropout = 0, start, pointwise } = shape;
  const gate = kind === "squeeze-excite" ? squeezeExcite(at, "se", channels, reduction) : undefined;
  const classifier = linear(at, name, channels, classes, start, pointwise ? "pointwise" : "linear");
  const drop = dropout(at.random, pooledDropout);
  return {
    classifier,
    ...(gate && { fresh: ["se"] }),
    apply: (features, mode) => {
      const pooled = globalAveragePool(features);
      if (!gate) return { logits: classifier.apply(drop(pooled, mode)), features };
      const weights = gate(pooled);
      return { logits: classifier.apply(drop(pooled.mul(weights), mode)), features, gate: weights };
    },
  };
}

/** The gate: `[batch, channels]` to the same, in (0, 1). */
function squeezeExcite(at: Construction, name: string, channels: number, reduction: number) {
  const hidden = Math.max(1, Math.floor(channels / reduction));
  const fc1 = linear(at, `${name}.fc1`, channels, hidden);
  const fc2 = linear(at, `${name}.fc2`, hidden, channels);
  return (pooled: tf.Tensor2D): tf.Tensor2D => tf.sigmoid(fc2.apply(tf.relu(fc1.apply(pooled))));
}

/**
 * Global max pool, batch norm, linear layer, batch norm, ELU, linear layer; their weights under `head.`.
 *
 * @see "Knowledge Transfer Based Fine-Grained Visual Classification", 2021 (its official code)
 */
function maxPoolMlp(at: Construction, { channels, classes, hidden }: HeadShape): Head {
  const before = new Set(at.parameters.shapes.keys());
  const bn1 = batchNorm(at, "head.bn1", channels, { relu: false });
  const fc1 = linear(at, "head.fc1", channels, hidden);
  const bn2 = batchNorm(at, "head.bn2", hidden, { relu: false });
  const fc2 = linear(at, "head.fc2", hidden, classes);
  return {
    head: [...at.parameters.shapes.keys()].filter((name) => !before.has(name)),
    apply: (features, mode) => {
      const embedded = bn2.apply(fc1.apply(bn1.apply(globalMaxPool(features), mode)), mode);
      return { logits: fc2.apply(tf.elu(embedded)), features };
    },
  };
}

/**
 * Torchvision's: `classifier.0`, `.3` and `.6` on the map, averaged to 7×7, with ReLU and dropout between them. Weights
 * are normal with deviation 0.01, biases 0.
 */
function vggHead(at: Construction, { channels, classes, hidden, dropout: rate }: HeadShape): Head {
  const start = { weight: normal(at.random, 0.01), bias: constant(0) };
  const first = linear(at, "classifier.0", channels * 7 * 7, hidden, start);
  const second = linear(at, "classifier.3", hidden, hidden, start);
  const last = linear(at, "classifier.6", hidden, classes, start);
  const drop = dropout(at.random, rate);
  return {
    head: ["classifier.6.weight", "classifier.6.bias"],
    apply: (features, mode) => {
      // In the order of public weights: channel by channel.
      const flat = adaptiveAveragePool(features, [7, 7])
        .transpose([0, 3, 1, 2])
        .reshape<tf.Tensor2D>([features.shape[0], channels * 7 * 7]);
      const once = drop(tf.relu(first.apply(flat)), mode);
      return { logits: last.apply(drop(tf.relu(second.apply(once)), mode)), features };
    },
  };
}
