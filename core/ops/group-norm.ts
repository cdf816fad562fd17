/** Group normalisation. */
import type * as tf from "@tensorflow/tfjs";
import { invalidOption } from "../values/errors.js";
import { hasKernel, runKernel, withGradient } from "./kernels.js";
import { standardise, standardiseGradient } from "./standardise.js";

export interface GroupNormOptions {
  /** Neighbouring channels are put into this many groups of the same size. Default 32. */
  readonly groups?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

type Settings = Required<GroupNormOptions>;

/**
 * `scale · (x − mean) / √(variance + epsilon) + offset`, with the mean and the biased variance of each image and group of
 * channels. Equals `torch.nn.GroupNorm(groups, channels)`, with channels last. One fused kernel where the engine has it.
 *
 * Differentiable in all three tensors. Of the tensors of the size of `x`, only `x` itself is held for the gradient.
 *
 * @param x `[batch, …, channels]`
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @throws FgkdError when the groups do not divide the channels
 * @see "Group Normalization", 2018
 */
export function groupNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  { groups = 32, epsilon = 1e-5 }: GroupNormOptions = {},
): T {
  const settings = { groups, epsilon };
  const channels = x.shape[x.rank - 1] as number;
  if (!(groups > 0 && channels % groups === 0)) {
    throw invalidOption("groupNorm", "groups", `a divisor of the ${channels} channels`, groups, "32 is usual.");
  }
  return withGradient<T>([x, scale, offset], (save) => {
    const [value, mean, variance] = forward(x, scale, offset, settings);
    save([x, scale, mean, variance]);
    return { value: value as T, gradient: (dy, saved) => backward(dy, saved, settings) };
  });
}

type Two = [tf.Tensor, tf.Tensor];

/** Of `[batch, positions, groups, channels of a group]`: what the statistics of a group are taken over. */
const axes = [1, 3];

function grouped(x: tf.Tensor, groups: number): tf.Tensor4D {
  const [batch, channels] = [x.shape[0] as number, x.shape[x.rank - 1] as number];
  return x.reshape([batch, -1, groups, channels / groups]);
}

function forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, settings: Settings) {
  if (hasKernel("FgkdGroupNorm")) {
    return runKernel("FgkdGroupNorm", { x, scale, offset }, { ...settings }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  }
  const { whitened, mean, variance } = standardise(grouped(x, settings.groups), axes, settings.epsilon);
  const perGroup = [x.shape[0] as number, settings.groups];
  return [
    whitened.reshape(x.shape).mul(scale).add(offset),
    mean.reshape(perGroup),
    variance.reshape(perGroup),
  ] as const;
}

function backward(dy: tf.Tensor, saved: tf.Tensor[], settings: Settings): tf.Tensor[] {
  const [x, scale, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  if (hasKernel("FgkdGroupNormGrad")) {
    return runKernel("FgkdGroupNormGrad", { dy, x, scale, mean, variance }, { ...settings });
  }
  const leading = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const [groupedX, groupedDy] = [grouped(x, settings.groups), grouped(dy.mul(scale), settings.groups)];
  const [ofGroup, spreadOfGroup] = [mean, variance].map((value) => value.expandDims(1).expandDims(-1)) as Two;
  const { dx, whitened } = standardiseGradient(groupedDy, groupedX, ofGroup, spreadOfGroup, axes, settings.epsilon);
  return [dx.reshape(x.shape), dy.mul(whitened.reshape(x.shape)).sum(leading), dy.sum(leading)];
}
