/** Batch normalisation, by the batch's own statistics and by given ones. */
import * as tf from "@tensorflow/tfjs";
import { addRelu, addReluBy } from "./activations.js";
import { hasKernel, isRecording, runKernel, withGradient } from "./kernels.js";

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether a ReLU follows, in the same pass. Default false. */
  readonly relu?: boolean;
  /** The greatest value that the ReLU lets through: 6 makes it a ReLU6. Default: none. */
  readonly most?: number;
}

export interface BatchNormTrainingOptions extends BatchNormOptions {
  /**
   * Whether no gradient reaches `x` through `mean` and `variance`: for running averages, which saves two operations. Default
   * false.
   */
  readonly constantStatistics?: boolean;
}

export interface BatchNormResult<T extends tf.Tensor> {
  /** Shaped like the input; with what follows in the same pass. */
  readonly normalized: T;
  /** `[channels]` */
  readonly mean: tf.Tensor1D;
  /** `[channels]`, biased: divided by the number of values per channel. */
  readonly variance: tf.Tensor1D;
}

type Settings = Required<BatchNormOptions>;

/**
 * `scale · (x − mean) / √(variance + epsilon) + offset` per channel, with the mean and the biased variance of this
 * batch, then perhaps a ReLU, which may have a greatest value. One fused kernel where the engine has it.
 *
 * Gradients reach `x`, `scale` and `offset`, and through `mean` and `variance` too, if a loss uses them. Of the tensors
 * of the size of `x`, only `x` itself is held for the gradient.
 *
 * @param x `[…, channels]`
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @see "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: BatchNormTrainingOptions = {},
): BatchNormResult<T> {
  const settings = settingsOf(options);
  return recorded(x, scale, offset, options, () => forward(x, scale, offset, settings));
}

/**
 * `max(normalised + residual, 0)`, where {@link batchNormTraining} normalises `x`: the end of a residual block in training.
 * One fused kernel where the engine has it, which never writes the normalised map. Gradients are those of the two
 * operations, and what is held for them is, too.
 *
 * @param x `[…, channels]`
 * @param scale `[channels]`
 * @param offset `[channels]`
 * @param residual shaped like `x`
 */
export function batchNormAddRelu<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  residual: T,
  options: Pick<BatchNormTrainingOptions, "epsilon" | "constantStatistics"> = {},
): BatchNormResult<T> {
  return tf.tidy(() => {
    if (!hasKernel("FgkdBatchNormAddRelu")) {
      const { normalized, ...statistics } = batchNormTraining(x, scale, offset, options);
      return { normalized: addRelu(normalized, residual), ...statistics };
    }
    const { epsilon } = settingsOf(options);
    // To the tape what is normalised, with its gradient; it holds the result already, which nobody asks it for.
    const { normalized, ...statistics } = recorded(x, scale, offset, options, () =>
      runKernel("FgkdBatchNormAddRelu", { x, scale, offset, residual }, { epsilon }),
    );
    return { normalized: addReluBy(normalized, residual, () => normalized.clone()), ...statistics };
  });
}

/** The operation that `compute` gives the three results of, with the gradient of a batch norm in training. */
function recorded<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  { constantStatistics = false, ...options }: BatchNormTrainingOptions,
  compute: () => readonly tf.Tensor[],
): BatchNormResult<T> {
  const settings = settingsOf(options);
  // By way of the closure, since an operation with a gradient of its own has one output.
  const kept: tf.Tensor[] = [];
  const normalized = withGradient<T>([x, scale, offset], (save) => {
    const [value, mean, variance] = compute() as [tf.Tensor, tf.Tensor, tf.Tensor];
    save([x, scale, offset, mean, variance]);
    kept.push(tf.keep(mean), tf.keep(variance));
    return { value: value as T, gradient: (dy, saved) => backward(dy, saved, settings) };
  });
  const [mean, variance] = kept as [tf.Tensor1D, tf.Tensor1D];
  if (constantStatistics) return { normalized, mean: handedBack(mean), variance: handedBack(variance) };
  const statistics = { mean: differentiableMean(x, mean), variance: differentiableVariance(x, mean, variance) };
  tf.dispose(kept);
  return { normalized, ...statistics };
}

/**
 * `scale · (x − mean) / √(variance + epsilon) + offset` per channel with given statistics, then perhaps a ReLU. One pass
 * where no gradient is wanted and the engine has a fused kernel. Differentiable in all five tensors.
 *
 * @param x `[…, channels]`
 * @param mean `[channels]`
 * @param variance `[channels]`
 * @param scale `[channels]`
 * @param offset `[channels]`
 */
export function batchNormInference<T extends tf.Tensor>(
  x: T,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: BatchNormOptions = {},
): T {
  const settings = settingsOf(options);
  if (!isRecording() && hasKernel("FgkdBatchNormInference")) {
    return runKernel("FgkdBatchNormInference", { x, mean, variance, scale, offset }, { ...settings })[0] as T;
  }
  return tf.tidy(() => {
    const normalized = tf.batchNorm(x, mean, variance, offset, scale, settings.epsilon) as T;
    return clipped(normalized, settings);
  });
}

function settingsOf({ epsilon = 1e-5, relu = false, most = Number.POSITIVE_INFINITY }: BatchNormOptions): Settings {
  return { epsilon, relu, most };
}

function clipped<T extends tf.Tensor>(affine: T, { relu, most }: Settings): T {
  if (!relu) return affine;
  return Number.isFinite(most) ? tf.clipByValue<T>(affine, 0, most) : tf.relu(affine);
}

function forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, settings: Settings): tf.Tensor[] {
  if (hasKernel("FgkdBatchNormTraining"))
    return runKernel("FgkdBatchNormTraining", { x, scale, offset }, { ...settings });
  const mean = x.mean(leadingAxes(x));
  const centred = x.sub(mean);
  const variance = centred.square().mean(leadingAxes(x));
  const affine = centred.mul(scale.div(deviation(variance, settings))).add(offset);
  return [clipped(affine, settings), mean, variance];
}

function backward(dy: tf.Tensor, saved: tf.Tensor[], settings: Settings): tf.Tensor[] {
  const [x, scale, offset, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  if (hasKernel("FgkdBatchNormTrainingGrad")) {
    return runKernel("FgkdBatchNormTrainingGrad", { dy, x, scale, offset, mean, variance }, { ...settings });
  }
  const spread = deviation(variance, settings);
  const whitened = x.sub(mean).div(spread);
  const open = settings.relu ? dy.mul(passes(whitened.mul(scale).add(offset), settings)) : dy;
  const dOffset = open.sum(leadingAxes(x));
  const dScale = open.mul(whitened).sum(leadingAxes(x));
  const count = valuesPerChannel(x);
  const dx = open
    .sub(dOffset.div(count))
    .sub(whitened.mul(dScale.div(count)))
    .mul(scale.div(spread));
  return [dx, dScale, dOffset];
}

/** 1 where the ReLU changes nothing, 0 elsewhere. */
function passes(affine: tf.Tensor, { most }: Settings): tf.Tensor {
  return Number.isFinite(most) ? affine.step().mul(affine.less(most)) : affine.step();
}

/* The statistics are operations of their own: a loss that does not use them never runs their gradients. */

/** tfjs keeps this method to itself. */
interface Scoping {
  /** Adds to what the innermost scope disposes of at its end. */
  track<T extends tf.Tensor>(result: T): T;
}

/** A kept tensor becomes one of the scope that it is used in. */
function handedBack<T extends tf.Tensor>(kept: T): T {
  kept.kept = false;
  return (tf.engine() as unknown as Scoping).track(kept);
}

function differentiableMean(x: tf.Tensor, mean: tf.Tensor1D): tf.Tensor1D {
  const { shape } = x;
  const count = valuesPerChannel(x);
  return withGradient<tf.Tensor1D>([x], () => ({
    value: mean.clone(),
    gradient: (dy) => [dy.div(count).broadcastTo(shape)],
  }));
}

function differentiableVariance(x: tf.Tensor, mean: tf.Tensor1D, variance: tf.Tensor1D): tf.Tensor1D {
  const count = valuesPerChannel(x);
  return withGradient<tf.Tensor1D>([x], (save) => {
    save([x, mean]);
    return {
      value: variance.clone(),
      gradient: (dy, [x, mean]) => [(x as tf.Tensor).sub(mean as tf.Tensor).mul(dy.mul(2 / count))],
    };
  });
}

function deviation(variance: tf.Tensor, { epsilon }: Settings): tf.Tensor {
  return variance.add(epsilon).sqrt();
}

function leadingAxes(x: tf.Tensor): number[] {
  return Array.from({ length: x.rank - 1 }, (_, axis) => axis);
}

function valuesPerChannel(x: tf.Tensor): number {
  return x.size / (x.shape[x.rank - 1] as number);
}
