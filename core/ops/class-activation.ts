/** Sums of a feature map's channels, weighed: what class activation maps of every kind are. */
import * as tf from "@tensorflow/tfjs";

/**
 * `Σ_c weight_c · F_c` at every place.
 *
 * @param features `[batch, rows, columns, channels]`
 * @param weights `[batch, channels]`
 * @returns `[batch, rows, columns]`
 */
export function channelSum(features: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor3D {
  const [batch, rows, columns, channels] = features.shape;
  return tf.tidy(() => {
    const byPosition = features.reshape<tf.Tensor3D>([batch, rows * columns, channels]);
    return byPosition
      .matMul(weights.reshape<tf.Tensor3D>([batch, channels, 1]))
      .reshape<tf.Tensor3D>([batch, rows, columns]);
  });
}

/**
 * What weighs the channels of a feature map into an evidence map:
 * - `"classifier"`: the classifier's weights of the class (a class activation map);
 * - `"se-classifier"`: these, times the squeeze-excite gate of the image;
 * - `"se-only"`: the gate alone, whatever the class.
 */
export type CamWeights = "classifier" | "se-classifier" | "se-only";

/** What the channel weights are made of; the modes need only their own part. */
export interface CamSources {
  /** `[batch, classes]`, one-hot: the class. */
  readonly labels?: tf.Tensor2D;
  /** `[channels, classes]`: the linear classifier on pooled features. */
  readonly classifier?: tf.Tensor2D;
  /** `[batch, channels]`: the gate between trunk and classifier. */
  readonly gate?: tf.Tensor2D | undefined;
  /** `[batch, channels]`: what a norm before the classifier multiplies each channel by. Default: there is none. */
  readonly pooledScale?: tf.Tensor2D | undefined;
}

/**
 * The weight of each channel in the evidence map of a class.
 *
 * @returns `[batch, channels]`; a new tensor
 * @throws TypeError when a part that the mode needs is missing
 * @see "Learning Deep Features for Discriminative Localization", 2016, equation 2
 */
export function channelWeights(mode: CamWeights, sources: CamSources): tf.Tensor2D {
  const { labels, classifier, gate, pooledScale } = sources;
  if (mode !== "classifier" && !gate) throw new TypeError(`camWeights "${mode}" needs a gate`);
  if (mode === "se-only") return (gate as tf.Tensor2D).clone();
  if (!labels || !classifier) throw new TypeError(`camWeights "${mode}" needs labels and a classifier`);
  return tf.tidy(() => {
    const ofTheClassifier = tf.matMul<tf.Tensor2D>(labels, classifier, false, true);
    const ofTheClass = pooledScale ? ofTheClassifier.mul<tf.Tensor2D>(pooledScale) : ofTheClassifier;
    return mode === "classifier" ? ofTheClass : ofTheClass.mul(gate as tf.Tensor2D);
  });
}
