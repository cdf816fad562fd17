/** Softmax cross-entropy, of one label or of the two labels of a mixed image. */
import * as tf from "@tensorflow/tfjs";
import { repeated } from "../../core/index.js";
import { logSoftmax } from "../../core/ops/index.js";

/**
 * Softmax cross-entropy of each sample: `−Σ_k y_k · ln softmax(logits)_k`.
 *
 * With smoothing `s` the labels become `(1 − s)·y + s/classes · Σ_k y_k`, which for labels that sum to 1 is the usual
 * label smoothing, and which stays linear in `y` for mixed labels that do not.
 *
 * @param logits `[batch, classes]`, before softmax
 * @param labels `[batch, classes]`, one-hot or soft, or `[batch]`, the index of the class (int32)
 * @param smoothing share of each label that is spread over all classes, in `[0, 1)`; default 0
 * @returns `[batch]`, in nats
 * @see "Rethinking the Inception Architecture for Computer Vision", 2016, section 7 (smoothing)
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D | tf.Tensor1D,
  smoothing = 0,
): tf.Tensor1D {
  return tf.tidy(() => {
    const classes = logits.shape[1];
    // Not oneHot(…, "float32"): the wasm engine would fill it with the bits of integers.
    const given = (labels.rank === 1 ? tf.oneHot(labels, classes).toFloat() : labels) as tf.Tensor2D;
    const wanted = smoothing === 0 ? given : smooth(given, smoothing);
    return logSoftmax(logits).mul(wanted).sum<tf.Tensor1D>(-1).neg();
  });
}

/** The labels of each image of a batch, mixed or not, and how much each counts. */
export interface WeightedLabels {
  /** `[batch, classes]`, one-hot: the class of the base image. */
  readonly labels: tf.Tensor2D;
  /** `[batch]`: weight of the loss on `labels`. Absent means 1. */
  readonly labelWeights?: tf.Tensor1D;
  /** `[batch, classes]`, one-hot: the class of the image mixed in. Absent when nothing was mixed. */
  readonly otherLabels?: tf.Tensor2D;
  /** `[batch]`: weight of the loss on `otherLabels`; it and `labelWeights` need not add up to 1. Absent means 1. */
  readonly otherLabelWeights?: tf.Tensor1D;
}

/**
 * Cross-entropy of images with two labels: `mean_i( ρa_i·CE(z_i, ya_i) + ρb_i·CE(z_i, yb_i) )`.
 *
 * Cross-entropy is linear in the label, so this is one pass with the label `ρa·ya + ρb·yb`.
 *
 * @param logits `[batch, classes]`, before softmax
 * @param given labels and their weights; without other labels and weights this is plain cross-entropy
 * @param smoothing as for {@link softmaxCrossEntropy}; default 0
 * @returns a scalar, the mean over the batch
 * @see "SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data", 2021, equation 5
 */
export function mixedCrossEntropy(logits: tf.Tensor2D, given: WeightedLabels, smoothing = 0): tf.Scalar {
  const { labels, labelWeights, otherLabels, otherLabelWeights } = given;
  const tensors = { logits, labels, labelWeights, otherLabels, otherLabelWeights };
  return repeated(`cross-entropy ${smoothing}`, tensors, () => composed(logits, given, smoothing));
}

function composed(logits: tf.Tensor2D, given: WeightedLabels, smoothing: number): tf.Scalar {
  return tf.tidy(() => {
    const own = weigh(given.labels, given.labelWeights);
    const all = given.otherLabels ? own.add<tf.Tensor2D>(weigh(given.otherLabels, given.otherLabelWeights)) : own;
    return softmaxCrossEntropy(logits, all, smoothing).mean<tf.Scalar>();
  });
}

function weigh(labels: tf.Tensor2D, weights: tf.Tensor1D | undefined): tf.Tensor2D {
  return weights ? labels.mul(weights.expandDims(1)) : labels;
}

function smooth(labels: tf.Tensor2D, smoothing: number): tf.Tensor2D {
  return labels.mul(1 - smoothing).add(labels.mean(-1, true).mul(smoothing));
}
