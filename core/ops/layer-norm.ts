/** Layer normalisation. */
import type * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, withGradient } from "./kernels.js";
import { standardise, standardiseGradient } from "./standardise.js";

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5, as PyTorch's; ConvNeXt and vision transformers use 1e-6. */
  readonly epsilon?: number;
}

/**
 * `scale · (x − mean) / √(variance + epsilon) + offset`, with the mean and the biased variance over the last axis. Equals
 * `torch.nn.LayerNorm(channels)`. One fused kernel where the engine has it.
 *
 * Differentiable in all three tensors. Of the tensors of the size of `x`, only `x` itself is held for the gradient.
 *
 * @param x `[…, channels]`
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @see "Layer Normalization", 2016
 */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): T {
  return withGradient<T>([x, scale, offset], (save) => {
    const [value, mean, variance] = forward(x, scale, offset, epsilon);
    save([x, scale, mean, variance]);
    return { value: value as T, gradient: (dy, saved) => backward(dy, saved, epsilon) };
  });
}

function forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number) {
  if (hasKernel("FgkdLayerNorm")) {
    return runKernel("FgkdLayerNorm", { x, scale, offset }, { epsilon }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  }
  const { whitened, mean, variance } = standardise(x, [x.rank - 1], epsilon);
  const rows = x.shape.slice(0, -1);
  return [whitened.mul(scale).add(offset), mean.reshape(rows), variance.reshape(rows)] as const;
}

function backward(dy: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  const [x, scale, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  if (hasKernel("FgkdLayerNormGrad")) {
    return runKernel("FgkdLayerNormGrad", { dy, x, scale, mean, variance }, { epsilon });
  }
  const last = x.rank - 1;
  const leading = Array.from({ length: last }, (_, axis) => axis);
  const [ofRow, spreadOfRow] = [mean.expandDims(-1), variance.expandDims(-1)];
  const { dx, whitened } = standardiseGradient(dy.mul(scale), x, ofRow, spreadOfRow, [last], epsilon);
  return [dx, dy.mul(whitened).sum(leading), dy.sum(leading)];
}
