/** Writes into a box of pixels. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "./kernels.js";

/** Where a box begins, in pixels. */
export interface BoxPlace {
  readonly top: number;
  readonly left: number;
}

/**
 * The images with a box of each replaced. One copy where the engine has a kernel for it.
 *
 * @param images `[batch, height, width, channels]`, finite
 * @param content `[batch, box height, box width, channels]`, not empty, fits into the images at that place
 * @returns `[batch, height, width, channels]`
 */
export function replaceBox(images: tf.Tensor4D, content: tf.Tensor4D, place: BoxPlace): tf.Tensor4D {
  const { shape } = content;
  return withGradient<tf.Tensor4D>([images, content], () => ({
    value: replace(images, content, place),
    gradient: (dy) => [
      replace(dy, tf.zeros(shape), place),
      dy.slice([0, place.top, place.left, 0], [shape[0], shape[1], shape[2], shape[3]]),
    ],
  }));
}

function replace(images: tf.Tensor4D, content: tf.Tensor4D, place: BoxPlace): tf.Tensor4D {
  if (hasKernel("FgkdReplaceBox"))
    return runKernel("FgkdReplaceBox", { images, content }, { ...place })[0] as tf.Tensor4D;
  return erase(images, content.shape, place).add(surround(content, place, images.shape));
}

/** The images with a box filled with 0. */
function erase(images: tf.Tensor4D, box: tf.Tensor4D["shape"], { top, left }: BoxPlace): tf.Tensor4D {
  const [, height, width, channels] = images.shape;
  const kept = new Float32Array(height * width * channels).fill(1);
  for (let row = top; row < top + box[1]; row++) {
    kept.fill(0, (row * width + left) * channels, (row * width + left + box[2]) * channels);
  }
  return images.mul(tf.tensor3d(kept, [height, width, channels]));
}

/** Zeros around the content of a box. Concatenated, since padding goes element by element on some engines. */
function surround(content: tf.Tensor4D, { top, left }: BoxPlace, shape: tf.Tensor4D["shape"]): tf.Tensor4D {
  const [batch, height, width, channels] = shape;
  const [, rows, columns] = content.shape;
  const middle = join(2, [
    tf.zeros([batch, rows, left, channels]),
    content,
    tf.zeros([batch, rows, width - left - columns, channels]),
  ]);
  return join(1, [
    tf.zeros([batch, top, width, channels]),
    middle,
    tf.zeros([batch, height - top - rows, width, channels]),
  ]);
}

/** Side by side along an axis, empty parts left out. */
function join(axis: 1 | 2, parts: readonly tf.Tensor4D[]): tf.Tensor4D {
  return tf.concat(
    parts.filter(({ size }) => size > 0),
    axis,
  );
}
