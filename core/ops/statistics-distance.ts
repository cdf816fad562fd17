/** How far the statistics of a batch lie from those that a batch norm remembers. */
import * as tf from "@tensorflow/tfjs";
import type { NormInput } from "../values/records.js";

/** Of one batch norm: how far apart the means are, and how far the variances. For use inside a tidy. */
export function statisticsDistances({ input, mean, variance }: NormInput): [means: tf.Scalar, variances: tf.Scalar] {
  const batch = tf.moments(input, [0, 1, 2]);
  return [length(mean.sub(batch.mean)), length(variance.sub(batch.variance))];
}

/** The Euclidean norm. At 0 the maximum closes the way of the gradient, which the root would make infinite. */
function length(vector: tf.Tensor): tf.Scalar {
  return vector.square().sum<tf.Scalar>().maximum<tf.Scalar>(1e-30).sqrt();
}
