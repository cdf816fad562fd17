/** The mixing augmenters as pure functions: images, their second labels, and the weight of both. */
import * as tf from "@tensorflow/tfjs";
import { type Box, boxArea } from "./mixing-box.js";
import { cutPartner, eraseBox, pastePartner } from "./paste.js";
import { semanticShares } from "./semantic-percent-map.js";

/** What a mixing augmenter changes in a batch. All tensors are new. */
export interface Mixture {
  /** `[batch, height, width, channels]` */
  readonly images: tf.Tensor4D;
  /** `[batch, classes]`: the labels of the images mixed in. */
  readonly otherLabels: tf.Tensor2D;
  /** `[batch]`: weight of the loss on an image's own label. */
  readonly labelWeights: tf.Tensor1D;
  /** `[batch]`: weight of the loss on the other label. */
  readonly otherLabelWeights: tf.Tensor1D;
}

/** What is mixed: images `[batch, height, width, channels]`, one-hot labels `[batch, classes]`, partner of each image. */
export interface Mixing {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor2D;
  readonly permutation: readonly number[];
}

/** What SnapMix needs beyond {@link Mixing}. */
export interface SnapMixing extends Mixing {
  /** `[batch, rows, columns]`: evidence of each image's own class. */
  readonly evidence: tf.Tensor3D;
  /** Where the patch goes. */
  readonly hole: Box;
  /** Where it comes from, in the partner. */
  readonly patch: Box;
  /**
   * What to do when an image and its partner are of one class. `"once"`: nothing, the two losses add up.
   * `"official-double"`: both weights become their sum, as in the official code, so that the image counts twice.
   */
  readonly sameClass?: "once" | "official-double";
}

/**
 * SnapMix: a patch of the partner fills the hole, and labels weigh what their class loses and gains in meaning.
 *
 * With `S` the semantic percent map, the weights are `1 − Σ_hole S` of the image and `Σ_patch S` of the partner; they
 * need not sum to 1. Where the map is constant the weights are the shares of pixels. An empty hole or patch leaves the
 * images as they are, their own label being the other one too, with weights 1 and 0.
 *
 * @see "SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data", 2021, equations 2 to 4
 */
export function mixBySnapmix(mixing: SnapMixing): Mixture {
  const { images, labels, permutation, evidence, hole, patch, sameClass = "once" } = mixing;
  if (boxArea(hole) === 0 || boxArea(patch) === 0) return unmixed(mixing);
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const partner = tf.tensor1d([...permutation], "int32");
    const otherLabels = labels.gather(partner);
    const { shares, constant } = semanticShares(evidence, [height, width], [hole, patch]);
    const [lost, gained] = shares as [tf.Tensor1D, tf.Tensor1D];
    const weights: Weights = { own: tf.sub(1, lost), other: gained.gather(partner) };
    const unknown: Weights = { own: constant, other: constant.gather(partner) };
    const same = labels.mul(otherLabels).sum<tf.Tensor1D>(-1).greater<tf.Tensor1D>(0);
    const double = sameClass === "official-double";
    const known = double ? summedWhere(same, weights) : weights;
    // A sum is unknown when either part is.
    const missing = double ? summedWhere(same, unknown) : unknown;
    const pixels = boxArea(hole) / (height * width);
    return {
      images: pastePartner(images, permutation, hole, patch),
      otherLabels,
      labelWeights: filled(known.own, missing.own, 1 - pixels),
      otherLabelWeights: filled(known.other, missing.other, pixels),
    };
  });
}

/**
 * CutMix: the partner's pixels fill the hole, and labels weigh what area they have.
 *
 * With a `patch` that differs from the hole this is the asymmetric CutMix of the SnapMix code, which takes the patch
 * from elsewhere and resizes it; there, areas of 4 pixels and less leave the images as they are.
 *
 * @see "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019, equation 1
 */
export function mixByCutmix(mixing: Mixing & { readonly hole: Box; readonly patch?: Box }): Mixture {
  const { images, labels, permutation, hole, patch } = mixing;
  const least = patch ? 4 : 0;
  if (boxArea(hole) <= least || boxArea(patch ?? hole) <= least) return unmixed(mixing);
  const [batch, height, width] = images.shape;
  const share = boxArea(hole) / (height * width);
  return tf.tidy(() => ({
    images: pastePartner(images, permutation, hole, patch),
    otherLabels: labels.gather(tf.tensor1d([...permutation], "int32")),
    labelWeights: repeat(batch, 1 - share),
    otherLabelWeights: repeat(batch, share),
  }));
}

/**
 * MixUp: `lambda` of each image and `1 − lambda` of its partner, and their labels likewise.
 *
 * @see "mixup: Beyond Empirical Risk Minimization", 2018, equation 1
 */
export function mixByMixup(mixing: Mixing & { readonly lambda: number }): Mixture {
  const { images, labels, permutation, lambda } = mixing;
  return tf.tidy(() => {
    return {
      images: images.mul(lambda).add<tf.Tensor4D>(cutPartner(images, permutation).mul(1 - lambda)),
      otherLabels: labels.gather(tf.tensor1d([...permutation], "int32")),
      labelWeights: repeat(permutation.length, lambda),
      otherLabelWeights: repeat(permutation.length, 1 - lambda),
    };
  });
}

/**
 * CutOut: the hole is filled with 0, the mean of normalised images. Labels stay.
 *
 * @see "Improved Regularization of Convolutional Neural Networks with Cutout", 2017
 */
export function cutOut(images: tf.Tensor4D, hole: Box): tf.Tensor4D {
  return boxArea(hole) === 0 ? images.clone() : eraseBox(images, hole);
}

interface Weights {
  readonly own: tf.Tensor1D;
  readonly other: tf.Tensor1D;
}

/** Both become their sum, where `same` holds. */
function summedWhere(same: tf.Tensor1D, { own, other }: Weights): Weights {
  const sum = own.add<tf.Tensor1D>(other);
  return { own: tf.where(same, sum, own), other: tf.where(same, sum, other) };
}

/** `fallback` where `missing` is 1. */
function filled(values: tf.Tensor1D, missing: tf.Tensor1D, fallback: number): tf.Tensor1D {
  return tf.where(missing.greater(0), tf.fill(values.shape, fallback), values);
}

function repeat(length: number, value: number): tf.Tensor1D {
  return tf.fill([length], value) as tf.Tensor1D;
}

function unmixed({ images, labels }: Mixing): Mixture {
  return {
    images: images.clone(),
    otherLabels: labels.clone(),
    labelWeights: repeat(labels.shape[0], 1),
    otherLabelWeights: repeat(labels.shape[0], 0),
  };
}
