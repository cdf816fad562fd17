/** Log-sum-exp over some of the classes: the probability of a group of classes, in log space. */
import * as tf from "@tensorflow/tfjs";

/** Lower than any finite logit, and itself finite. */
const LOWEST = -3.4e38;

/**
 * `ln Σ_{k in mask} exp(values_k)` of each row, with excluded classes left out exactly.
 *
 * The gradient is the softmax over the classes in the mask and 0 elsewhere. It is given in closed form, so no
 * `0 · ∞` arises however far apart the values lie.
 *
 * @param values `[batch, classes]`, finite
 * @param mask `[batch, classes]`, 1 for the classes that count and 0 for the others; a constant
 * @returns `[batch, 1]`; for a row whose mask is empty 0, with gradient 0, instead of −∞
 */
export function maskedLogSumExp(values: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const lse = tf.customGrad((input, save) => {
      const counts = mask.greater(0);
      const largest = tf.where(counts, input as tf.Tensor, LOWEST).max(-1, true);
      const relative = tf
        .where(counts, (input as tf.Tensor).sub(largest), 0)
        .exp()
        .mul(mask);
      // The largest value contributes exp(0) = 1: the maximum changes the sum of an empty mask only, from 0 to 1.
      const sum = relative.sum(-1, true).maximum(1);
      const value = sum.log().add(largest).mul(mask.max(-1, true));
      (save as tf.GradSaveFunc)([relative.div(sum)]);
      return { value, gradFunc: (dy, [share]) => dy.mul(share as tf.Tensor) };
    });
    return lse(values) as tf.Tensor2D;
  });
}
