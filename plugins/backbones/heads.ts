/** What turns a backbone's last map into logits. */
import * as tf from "@tensorflow/tfjs";
import type { Model, Outputs } from "../../core/index.js";
import { globalAveragePool } from "../../core/ops/index.js";
import { type Construction, linear } from "./layers.js";

/** `linear`: pool and classify. `squeeze-excite`: a gate on the pooled channels between the two. */
export type HeadKind = "linear" | "squeeze-excite";

export interface HeadShape {
  readonly kind: HeadKind;
  /** Of the map. */
  readonly channels: number;
  readonly classes: number;
  /** Of the gate: its hidden layer has `channels / reduction` values, at least 1. */
  readonly reduction: number;
}

export interface Head {
  readonly classifier: NonNullable<Model["classifier"]>;
  /** From `[batch, height, width, channels]` to logits, with the map as `features`, and the gate where there is one. */
  apply(features: tf.Tensor4D): Outputs;
}

/**
 * A head, its classifier's weights under `<classifierName>.`, its gate's under `se.`.
 *
 * With `g` the global average of the map: `linear` gives `W·g + b`, `squeeze-excite` gives `W·(s ⊙ g) + b` with
 * `s = sigmoid(W2·relu(W1·g + b1) + b2)`.
 *
 * @see "Squeeze-and-Excitation Networks", 2018
 */
export function head(at: Construction, classifierName: string, shape: HeadShape): Head {
  const { kind, channels, classes, reduction } = shape;
  const gate = kind === "squeeze-excite" ? squeezeExcite(at, "se", channels, reduction) : undefined;
  const classifier = linear(at, classifierName, channels, classes);
  return {
    classifier,
    apply: (features) => {
      const pooled = globalAveragePool(features);
      if (!gate) return { logits: classifier.apply(pooled), features };
      const weights = gate(pooled);
      return { logits: classifier.apply(pooled.mul(weights)), features, gate: weights };
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
