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

/**
 * Each map with mean 0 and standard deviation 1 (the unbiased one: divided by positions − 1). A constant map becomes 0,
 * and the gradient stays finite there.
 *
 * @param maps `[batch, height, width]`
 * @returns the same shape
 */
export function standardizedMaps(maps: tf.Tensor3D): tf.Tensor3D {
  const freedom = Math.max(1, (maps.shape[1] as number) * (maps.shape[2] as number) - 1);
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
