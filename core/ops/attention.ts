/** Spatial attention maps, and putting them on one scale. */
import * as tf from "@tensorflow/tfjs";
import { channelSum } from "./class-activation.js";
import { withGradient } from "./kernels.js";
import { bilinearResize } from "./resize.js";

/**
 * Where a feature map is active: the mean over channels of `g_c · F_c`, where `g_c` is the channel's mean over all
 * positions. The gradient flows through both factors.
 *
 * @param features `[batch, height, width, channels]`
 * @returns `[batch, height, width]`
 * @see "Knowledge Transfer Based Fine-Grained Visual Classification", 2021, equation 1
 */
export function spatialAttention(features: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => channelSum(features, features.mean<tf.Tensor2D>([1, 2]).div(features.shape[3])));
}

/** Below this standard deviation a map counts as constant. */
const smallestDeviation = 1e-6;

/** By what the squares of a standard deviation are divided: `unbiased` by positions − 1, `population` by positions. */
export type DeviationEstimator = "unbiased" | "population";

/**
 * Each map with mean 0 and standard deviation 1. A constant map becomes 0, and the gradient stays finite there.
 *
 * @param maps `[batch, height, width]`
 * @param estimator of the deviation. Default `unbiased`, as PyTorch's `std`
 * @returns the same shape
 */
export function standardizedMaps(maps: tf.Tensor3D, estimator: DeviationEstimator = "unbiased"): tf.Tensor3D {
  const positions = (maps.shape[1] as number) * (maps.shape[2] as number);
  const freedom = estimator === "unbiased" ? Math.max(1, positions - 1) : positions;
  return withGradient<tf.Tensor3D>([maps], (save) => {
    const centred = maps.sub<tf.Tensor3D>(maps.mean([1, 2], true));
    const spread = centred.square().sum([1, 2], true).div(freedom).sqrt();
    const deviation = spread.maximum(smallestDeviation);
    const value = centred.div<tf.Tensor3D>(deviation);
    save([value, deviation]);
    return {
      value,
      gradient: (dy, [value, deviation]) => {
        const z = value as tf.Tensor3D;
        // A constant map's deviation does not move with it.
        const moves = (deviation as tf.Tensor).greater(smallestDeviation).toFloat();
        const along = dy.mul(z).sum([1, 2], true).div(freedom).mul(moves);
        return [
          dy
            .sub(dy.mean([1, 2], true))
            .sub(z.mul(along))
            .div(deviation as tf.Tensor),
        ];
      },
    };
  });
}

/**
 * Maps of the same images on one grid: smaller ones are resized bilinearly to the largest.
 *
 * @param maps of each network `[batch, any height, any width]`
 * @returns `[networks, batch, height, width]`
 */
export function stackMaps(maps: readonly tf.Tensor3D[]): tf.Tensor4D {
  const largest = (axis: 1 | 2) => Math.max(...maps.map(({ shape }) => shape[axis]));
  const [height, width] = [largest(1), largest(2)];
  return tf.tidy(() => tf.stack(maps.map((map) => resizedMaps(map, height, width))) as tf.Tensor4D);
}

/** Bilinear, with half-pixel centres. `[batch, height, width]` */
export function resizedMaps(maps: tf.Tensor3D, height: number, width: number): tf.Tensor3D {
  if (maps.shape[1] === height && maps.shape[2] === width) return maps.clone();
  return tf.tidy(() => bilinearResize(maps.expandDims<tf.Tensor4D>(3), [height, width]).squeeze<tf.Tensor3D>([3]));
}
