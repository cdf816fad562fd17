/** A linear map of the last axis. */
import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./kernels.js";

/**
 * `x · weight + bias` at every position, the bias added while the product is written. Of the tensors of the size of `x` or of the
 * result, only `x` is held for the gradient. Differentiable in all three tensors.
 *
 * @param x `[…, from]`
 * @param weight `[from, to]`
 * @param bias `[to]`
 * @returns `[…, to]`
 */
export function linearMap<T extends tf.Tensor>(x: T, weight: tf.Tensor2D, bias: tf.Tensor1D): T {
  return withGradient<T>([x, weight, bias], (save) => {
    save([x, weight]);
    const value = tf.tidy(() => unrolled(tf.fused.matMul({ a: rowsOf(x), b: weight, bias }), x) as T);
    return {
      value,
      gradient: (dy, saved) => {
        const [x, weight] = saved as [T, tf.Tensor2D];
        const [rows, slopes] = [rowsOf(x), rowsOf(dy)];
        return [unrolled(slopes.matMul(weight, false, true), x), rows.matMul(slopes, true), slopes.sum(0)];
      },
    };
  });
}

/** `[positions, channels]` */
function rowsOf(x: tf.Tensor): tf.Tensor2D {
  const channels = x.shape.at(-1) as number;
  return x.reshape<tf.Tensor2D>([x.size / channels, channels]);
}

/** Rows at the positions that `like` has. */
function unrolled(rows: tf.Tensor, like: tf.Tensor): tf.Tensor {
  return rows.reshape([...like.shape.slice(0, -1), rows.shape.at(-1) as number]);
}
