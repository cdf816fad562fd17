/** The orthogonal loss: look where the teachers do not look, and not at what they take for background. */
import * as tf from "@tensorflow/tfjs";
import {
  type DeviationEstimator,
  resizedMaps,
  spatialAttention,
  standardizedMaps,
  stopGradient,
} from "../../core/ops/index.js";

/**
 * Mean over teachers, images and positions of `|Z_teacher| ⊙ max(Z_student, 0)`, where `Z` is the spatial attention map,
 * standardised per image. What a teacher attends to and what it ignores are both forbidden; only the student's high
 * responses move. About 0.318 for maps that have nothing to do with each other.
 *
 * @param studentFeatures `[batch, height, width, channels]`
 * @param teacherMaps `[teachers, batch, rows, columns]`: their spatial attention maps, constants; maps of another size than
 *   the student's are resized bilinearly before they are standardised
 * @param deviation by which maps are standardised. Default `unbiased`, as in the paper's code
 * @returns a scalar
 * @see "Knowledge Transfer Based Fine-Grained Visual Classification", 2021, equations 1 to 5; reduced as its code does
 */
export function orthogonalLoss(
  studentFeatures: tf.Tensor4D,
  teacherMaps: tf.Tensor4D,
  deviation: DeviationEstimator = "unbiased",
): tf.Scalar {
  return tf.tidy(() => {
    const student = standardizedMaps(spatialAttention(studentFeatures), deviation).relu();
    // The mean over teachers comes first: the student's map is the same for all of them.
    const forbidden = stopGradient(() => forbiddenPlaces(teacherMaps, studentFeatures.shape, deviation));
    return student.mul(forbidden).mean<tf.Scalar>();
  });
}

/** `[batch, height, width]`: mean over teachers of `|Z|`. */
function forbiddenPlaces(
  maps: tf.Tensor4D,
  [batch, height, width]: tf.Tensor4D["shape"],
  deviation: DeviationEstimator,
): tf.Tensor3D {
  const [teachers, , rows, columns] = maps.shape;
  const all = maps.reshape<tf.Tensor3D>([teachers * batch, rows, columns]);
  const z = standardizedMaps(resizedMaps(all, height, width), deviation);
  return z.abs().reshape([teachers, batch, height, width]).mean<tf.Tensor3D>(0);
}

/**
 * What brings a penalty to `share` of another loss: `share · loss / penalty`. A constant to the gradient, so that the
 * weighted penalty's gradient is `share · loss · ∇ ln penalty`.
 */
export function adaptiveWeight(loss: tf.Scalar, penalty: tf.Scalar, share: number): tf.Scalar {
  return stopGradient(() => loss.mul(share).div<tf.Scalar>(penalty.maximum(1e-8)));
}
