/** Grad-CAM and Grad-CAM++: a feature map's channels, weighed by how a class's logit moves with them. */

import * as tf from "@tensorflow/tfjs";
import { channelSum } from "../ops/index.js";

/**
 * `ReLU(Σ_k α_k A^k)`, where `α_k` is the mean over places of `∂y/∂A^k`.
 *
 * @param features `[batch, rows, columns, channels]`: `A`
 * @param gradient of each image's class logit `y` by its features, the same shape
 * @returns `[batch, rows, columns]`, from 0
 * @see "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017, equations 1 and 2
 */
export function gradCam(features: tf.Tensor4D, gradient: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => channelSum(features, gradient.mean<tf.Tensor2D>([1, 2])).relu());
}

/**
 * `ReLU(Σ_k w_k A^k)` with `w_k = Σ_ij α_ij^k · ReLU(g_ij^k)` and `α_ij^k = g² / (2 g² + g³ Σ_ab A_ab^k)`, where `g = ∂y/∂A`: what
 * equation 19 comes to for the score `exp(y)`, whose own factor, the same for a whole map, is left out. Where the gradient is 0, so
 * is `α`.
 *
 * @param features `[batch, rows, columns, channels]`: `A`
 * @param gradient of each image's class logit `y` by its features, the same shape
 * @returns `[batch, rows, columns]`, from 0
 * @see "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", 2018, equations 10, 11 and 19
 */
export function gradCamPlusPlus(features: tf.Tensor4D, gradient: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const sums = features.sum([1, 2], true);
    // Both are divided by g², which rounds to 0 long before g does.
    const divisor = gradient.mul(sums).add(2);
    const shares = tf.where(gradient.notEqual(0).logicalAnd(divisor.notEqual(0)), tf.div(1, divisor), 0);
    const weights = shares.mul(gradient.relu()).sum<tf.Tensor2D>([1, 2]);
    return channelSum(features, weights).relu();
  });
}
