/** Moves boxes of pixels between the images of a batch. */
import * as tf from "@tensorflow/tfjs";
import { replaceBox } from "../../core/ops/index.js";
import type { Box } from "./mixing-box.js";

/**
 * Writes the patch of each image's partner into its hole, resized bilinearly (corners aligned) where sizes differ.
 *
 * @param images `[batch, height, width, channels]`, finite
 * @param permutation the partner of each image
 * @param hole where the patch goes, not empty
 * @param patch where it is taken from, not empty; default the hole
 * @returns `[batch, height, width, channels]`
 */
export function pastePartner(
  images: tf.Tensor4D,
  permutation: readonly number[],
  hole: Box,
  patch: Box = hole,
): tf.Tensor4D {
  const [height, width] = [hole.bottom - hole.top, hole.right - hole.left];
  return tf.tidy(() => {
    const cut = cutPartner(images, permutation, patch);
    const fits = cut.shape[1] === height && cut.shape[2] === width;
    const content = fits ? cut : tf.image.resizeBilinear(cut, [height, width], true);
    return replaceBox(images, content, hole);
  });
}

/**
 * A box of each image's partner, pixel by pixel.
 *
 * A crop to the nearest pixel, which gathers as it goes: the same as a gather and a slice, and many times as fast on
 * the engines whose slices and gathers go element by element.
 *
 * @param images `[batch, height, width, channels]`
 * @param permutation the partner of each image
 * @param box not empty; default the whole image
 * @returns `[batch, box height, box width, channels]`, exact copies
 */
export function cutPartner(images: tf.Tensor4D, permutation: readonly number[], box?: Box): tf.Tensor4D {
  const [, height, width] = images.shape;
  const { top, left, bottom, right } = box ?? { top: 0, left: 0, bottom: height, right: width };
  const [fromRow, toRow] = cropRange(top, bottom, height);
  const [fromColumn, toColumn] = cropRange(left, right, width);
  return tf.tidy(() => {
    const boxes = tf.tensor2d(permutation.map(() => [fromRow, fromColumn, toRow, toColumn]));
    const partner = tf.tensor1d([...permutation], "int32");
    return tf.image.cropAndResize(images, boxes, partner, [bottom - top, right - left], "nearest");
  });
}

/**
 * The images with a box filled with 0.
 *
 * @param images `[batch, height, width, channels]`, finite
 */
export function eraseBox(images: tf.Tensor4D, box: Box): tf.Tensor4D {
  const [batch, , , channels] = images.shape;
  return tf.tidy(() =>
    replaceBox(images, tf.zeros([batch, box.bottom - box.top, box.right - box.left, channels]), box),
  );
}

/**
 * The ends of a crop along one axis, in units of the last pixel's position. A quarter of a pixel inside the outermost
 * pixels' centres: nearest to the same pixels, and safe from rounding to outside of the image.
 */
function cropRange(first: number, end: number, length: number): readonly [number, number] {
  const last = end - 1;
  const unit = Math.max(length - 1, 1);
  if (first < last) return [(first + 0.25) / unit, (last - 0.25) / unit];
  const inside = (first < length - 1 ? first + 0.25 : first - 0.25) / unit;
  return [inside, inside];
}
