/** Antialiased resizing, as torchvision does it on tensors. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "./kernels.js";

/** The weight of a pixel by its distance, in pixels of the smaller image; from `support` on there is none. */
interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

/** `bilinear`: a triangle. `bicubic`: Keys' cubic with a = −0.5, as Pillow and PyTorch's antialiased one have it. */
const filters = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { support: 2, weight: cubic },
} as const satisfies Record<string, Filter>;

/** Names of the filters that images can be resized by. */
export type Interpolation = keyof typeof filters;

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

/**
 * Resize with an antialiasing filter: when reducing, the filter is widened by the scale, so that every input pixel
 * counts. Equals `F.interpolate(mode=…, antialias=True, align_corners=False)`. Differentiable. One fused kernel where the
 * engine has it, two matrix products elsewhere.
 *
 * @param images `[batch, height, width, channels]`
 * @param size `[height, width]` in pixels
 * @param interpolation the filter. Default `bilinear`
 * @returns `[batch, …size, channels]`
 */
export function antialiasedResize(
  images: tf.Tensor4D,
  [height, width]: readonly [number, number],
  interpolation: Interpolation = "bilinear",
): tf.Tensor4D {
  const [, fromHeight, fromWidth] = images.shape;
  return tf.tidy(() => {
    const rows = tf.tensor2d(resizeMatrix(fromHeight, height, interpolation), [height, fromHeight]);
    const columns = tf.tensor2d(resizeMatrix(fromWidth, width, interpolation), [width, fromWidth]);
    return alongSides(images, rows, columns);
  });
}

/**
 * Bilinear resize with half-pixel centres, without antialiasing: PyTorch's `F.interpolate(mode="bilinear")`. Its gradient
 * is right on every engine; that of tfjs' own operation leaves the half pixels out.
 *
 * @param images `[batch, height, width, channels]`
 * @param size `[height, width]` in pixels
 * @returns `[batch, …size, channels]`
 */
export function bilinearResize(images: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [, fromHeight, fromWidth] = images.shape;
  return tf.tidy(() => {
    const rows = tf.tensor2d(bilinearMatrix(fromHeight, height), [height, fromHeight]);
    const columns = tf.tensor2d(bilinearMatrix(fromWidth, width), [width, fromWidth]);
    return alongSides(images, rows, columns);
  });
}

/** Row-major `[to, from]`: each row has the weights of the two nearest input pixels. */
function bilinearMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const position = Math.min(Math.max(((row + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.min(Math.floor(position), Math.max(0, from - 2));
    matrix[row * from + low] = 1 - (position - low);
    if (position > low) matrix[row * from + low + 1] = position - low;
  }
  return matrix;
}

/**
 * New rows and columns as weighted sums of the old ones. Differentiable in the images.
 *
 * @param images `[batch, fromHeight, fromWidth, channels]`
 * @param rows `[height, fromHeight]`
 * @param columns `[width, fromWidth]`
 * @returns `[batch, height, width, channels]`
 */
export function alongSides(images: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  if (!hasKernel("FgkdResizeAntialiased")) return tf.tidy(() => byProducts(images, rows, columns));
  return withGradient<tf.Tensor4D>([images], (save) => {
    save([rows, columns]);
    return {
      value: byKernel(images, rows, columns),
      gradient: (dy, saved) => {
        const [rows, columns] = saved as [tf.Tensor2D, tf.Tensor2D];
        return [byKernel(dy, rows.transpose(), columns.transpose())];
      },
    };
  });
}

/** `rows · images · columnsᵀ`, for each image and channel: nothing is spent on weights of 0. */
function byKernel(images: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  return runKernel("FgkdResizeAntialiased", { images, rows, columns }, {})[0] as tf.Tensor4D;
}

function byProducts(images: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  const [batch, fromHeight, fromWidth, channels] = images.shape;
  const [height, width] = [rows.shape[0], columns.shape[0]];
  // [H, B·W·C] so that one product with a plain matrix does all rows at once; likewise for the columns.
  const byRow = images.transpose([1, 0, 2, 3]).reshape([fromHeight, batch * fromWidth * channels]);
  const resizedRows = rows.matMul(byRow as tf.Tensor2D).reshape([height, batch, fromWidth, channels]);
  const byColumn = resizedRows.transpose([2, 1, 0, 3]).reshape([fromWidth, batch * height * channels]);
  const resized = columns.matMul(byColumn as tf.Tensor2D).reshape([width, batch, height, channels]);
  return resized.transpose([1, 2, 0, 3]) as tf.Tensor4D;
}

/** Row-major `[to, from]`: row `i` holds the weights of the input pixels in output pixel `i`; every row sums to 1. */
export function resizeMatrix(from: number, to: number, interpolation: Interpolation = "bilinear"): Float32Array {
  const filter = filters[interpolation];
  const scale = from / to;
  const wider = Math.max(scale, 1);
  const support = filter.support * wider;
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const centre = (row + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: last - first }, (_, offset) =>
      filter.weight((first + offset + 0.5 - centre) / wider),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, offset) => {
      matrix[row * from + first + offset] = weight / sum;
    });
  }
  return matrix;
}
