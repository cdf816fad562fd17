/** Activations with less to hold, or more exact, than those of tfjs. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "./kernels.js";

/**
 * `max(a + b, 0)`: the end of a residual block. Holds only its result for the gradient, where an addition followed by a
 * ReLU would hold both terms and the sum.
 *
 * @param a any shape
 * @param b the same shape
 */
export function addRelu<T extends tf.Tensor>(a: T, b: T): T {
  return addReluBy(a, b, () =>
    hasKernel("FgkdAddRelu") ? (runKernel("FgkdAddRelu", { a, b }, {})[0] as T) : tf.relu(tf.add<T>(a, b)),
  );
}

/** {@link addRelu}, with its gradient, of what `compute` knows to be its result. */
export function addReluBy<T extends tf.Tensor>(a: T, b: T, compute: () => T): T {
  return withGradient<T>([a, b], (save) => {
    const value = compute();
    save([value]);
    return {
      value,
      gradient: (dy, [y]) => {
        const da = openWhere(dy, y as tf.Tensor);
        // Two tensors, for tfjs may free one of them while the other is still needed; they share their values.
        return [da, da.clone()];
      },
    };
  });
}

/**
 * Exact Gaussian error linear unit, `x · Φ(x) = x/2 · (1 + erf(x/√2))`, not its tanh approximation.
 *
 * @param x any shape
 * @see "Gaussian Error Linear Units (GELUs)", 2016
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return withGradient<T>([x], (save) => {
    save([x]);
    return {
      value: hasKernel("FgkdGelu") ? (runKernel("FgkdGelu", { x }, {})[0] as T) : x.mul<T>(normalCdf(x)),
      gradient: (dy, [x]) => [geluGradient(dy, x as tf.Tensor)],
    };
  });
}

function geluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (hasKernel("FgkdGeluGrad")) return runKernel("FgkdGeluGrad", { dy, x }, {})[0] as tf.Tensor;
  const density = x
    .square()
    .mul(-0.5)
    .exp()
    .mul(1 / Math.sqrt(2 * Math.PI));
  return dy.mul(normalCdf(x).add(x.mul(density)));
}

/** The standard normal distribution function. */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
}

/**
 * `min(max(x, 0), 6)`. Holds only its result for the gradient.
 *
 * @param x any shape
 * @see "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018
 */
export function relu6<T extends tf.Tensor>(x: T): T {
  return withGradient<T>([x], (save) => {
    const value = tf.relu6(x);
    save([value]);
    return { value, gradient: (dy, [y]) => [openWhere(dy, y as tf.Tensor).mul((y as tf.Tensor).less(6))] };
  });
}

/**
 * Sigmoid linear unit, `x · σ(x) = x / (1 + exp(−x))`; also called swish.
 *
 * @param x any shape
 * @see "Sigmoid-Weighted Linear Units for Neural Network Function Approximation", 2018
 */
export function silu<T extends tf.Tensor>(x: T): T {
  return withGradient<T>([x], (save) => {
    save([x]);
    return {
      value: x.mul<T>(x.sigmoid()),
      gradient: (dy, [x]) => {
        const share = (x as tf.Tensor).sigmoid();
        // σ + x σ (1 − σ)
        return [dy.mul(share.mul((x as tf.Tensor).mul(tf.sub(1, share)).add(1)))];
      },
    };
  });
}

/** `dy` where `y`, a ReLU's result, is above 0; 0 elsewhere. */
function openWhere(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return hasKernel("FgkdReluGrad") ? (runKernel("FgkdReluGrad", { dy, y }, {})[0] as tf.Tensor) : dy.mul(y.step());
}
