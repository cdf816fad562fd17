/** What tfjs' CPU kernel `MaxPool` loses: it gives −∞ for a window that holds no number at all. */
import * as tf from "@tensorflow/tfjs";

/** The sizes of a pool, from what its kernel is called with. */
export function poolOf(shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: tf.MaxPoolAttrs) {
  const images = shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(images, filterSize, strides, 1, pad, dimRoundingMode);
}

/** Writes NaN into `y` for each window of `x` that holds NaN and nothing else. */
export function keepNaN(x: Float32Array, y: Float32Array, pool: tf.backend_util.Conv2DInfo): void {
  const { outHeight, outWidth, outChannels: channels } = pool;
  for (let at = 0; at < y.length; at++) {
    if (y[at] !== Number.NEGATIVE_INFINITY) continue;
    const place = Math.floor(at / channels);
    const row = Math.floor(place / outWidth) % outHeight;
    const image = Math.floor(place / (outWidth * outHeight));
    const inside = windowAt(pool, image, row, place % outWidth).map((pixel) => x[pixel * channels + (at % channels)]);
    if (inside.length > 0 && inside.every(Number.isNaN)) y[at] = Number.NaN;
  }
}

/** The pixels of a window that lie in the image, counted through all images. */
function windowAt(pool: tf.backend_util.Conv2DInfo, image: number, row: number, column: number): readonly number[] {
  const rows = along(row * pool.strideHeight - pool.padInfo.top, pool.filterHeight, pool.inHeight);
  const columns = along(column * pool.strideWidth - pool.padInfo.left, pool.filterWidth, pool.inWidth);
  return rows.flatMap((y) => columns.map((x) => (image * pool.inHeight + y) * pool.inWidth + x));
}

function along(from: number, size: number, limit: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => from + index).filter((at) => at >= 0 && at < limit);
}
