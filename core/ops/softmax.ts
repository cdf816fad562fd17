/** Softmax and its logarithm over the last axis, each with a gradient in one pass. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "./kernels.js";

/**
 * `exp(x) / Σ exp(x)` over the last axis. Of the tensors of the size of `x`, only the result is held for the gradient.
 *
 * @param x `[…, classes]`
 */
export function softmax<T extends tf.Tensor>(x: T): T {
  return withGradient<T>([x], (save) => {
    const value = tf.softmax(x);
    save([value]);
    return { value, gradient: (dy, [y]) => [softmaxGradient(dy, y as T)] };
  });
}

/**
 * `x − log Σ exp(x)` over the last axis. Of the tensors of the size of `x`, only the result is held for the gradient.
 *
 * @param x `[…, classes]`
 */
export function logSoftmax<T extends tf.Tensor>(x: T): T {
  return withGradient<T>([x], (save) => {
    const value = hasKernel("FgkdLogSoftmax")
      ? (runKernel("FgkdLogSoftmax", { logits: x }, {})[0] as T)
      : tf.logSoftmax(x);
    save([value]);
    return { value, gradient: (dy, [y]) => [logSoftmaxGradient(dy, y as tf.Tensor)] };
  });
}

/** @param y what `softmax` returned */
export function softmaxGradient<T extends tf.Tensor>(dy: T, y: T): T {
  if (hasKernel("FgkdSoftmaxGrad")) return runKernel("FgkdSoftmaxGrad", { dy, y }, {})[0] as T;
  const weighted = dy.mul<T>(y);
  return weighted.sub<T>(y.mul(weighted.sum(-1, true)));
}

function logSoftmaxGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (hasKernel("FgkdLogSoftmaxGrad")) return runKernel("FgkdLogSoftmaxGrad", { dy, y }, {})[0] as tf.Tensor;
  return dy.sub(y.exp().mul(dy.sum(-1, true)));
}
