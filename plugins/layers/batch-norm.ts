/** The batch-normalisation layer, with its running statistics. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Mode } from "../../core/index.js";
import {
  addRelu,
  batchNormAddRelu,
  batchNormInference,
  batchNormTraining,
  movingAverage,
} from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { constant } from "./initializers.js";

export interface BatchNormSettings {
  /** Whether a ReLU follows. */
  readonly relu: boolean;
  /** The greatest value that the ReLU lets through. Default: none. */
  readonly most?: number;
  /** What `<name>.weight` starts from. Default 1. */
  readonly scale?: number | Initializer;
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /**
   * `[channels]`: the bias of the convolution before, which is not added there. Batch statistics take it out again, so
   * it only moves the running mean; its gradient is 0.
   */
  readonly inputBias?: tf.Tensor1D;
}

/** A batch norm, and the affine map that it is in evaluation. */
export interface BatchNorm {
  /** @param residual shaped like `x`: added to what is normalised, before a ReLU that then always follows */
  apply<T extends tf.Tensor>(x: T, mode: Mode, residual?: T): T;
  /** What {@link folded} depends on. */
  readonly variables: readonly tf.Tensor[];
  /** `[channels]` each: `factor · x + term` is what evaluation makes of `x`, the ReLU apart. For use inside a tidy. */
  folded(): { readonly factor: tf.Tensor1D; readonly term: tf.Tensor1D };
}

/**
 * `<name>.weight`, `.bias`, `.running_mean`, `.running_var` and `.num_batches_tracked`, as PyTorch's BatchNorm: the
 * biased variance normalises, the unbiased one is kept. For inputs of any rank, channels last.
 */
export function batchNorm(at: Construction, name: string, channels: number, settings: BatchNormSettings): BatchNorm {
  const {
    relu,
    most = Number.POSITIVE_INFINITY,
    scale: initialScale = 1,
    epsilon = 1e-5,
    momentum = 0.1,
    inputBias,
  } = settings;
  const { parameters } = at;
  const start = typeof initialScale === "number" ? constant(initialScale) : initialScale;
  // All four have the one side `channels`.
  const scale = parameters.weight(`${name}.weight`, [channels], "plain", start) as tf.Tensor1D;
  const offset = parameters.weight(`${name}.bias`, [channels], "plain", constant(0)) as tf.Tensor1D;
  const runningMean = parameters.buffer(`${name}.running_mean`, [channels], constant(0));
  const runningVariance = parameters.buffer(`${name}.running_var`, [channels], constant(1));
  const batches = parameters.counter(`${name}.num_batches_tracked`);
  // No gradient asks for running averages, and those of the batch are constants here: nothing needs to be stopped.
  const move = (running: tf.Variable, value: tf.Tensor, factor = 1) =>
    running.assign(movingAverage(running, value, { kept: 1 - momentum, share: momentum, factor }));

  const apply = <T extends tf.Tensor>(x: T, mode: Mode, residual?: T): T => {
    const options = { epsilon, ...(!residual && { relu, most }) };
    if (mode === "eval" || parameters.keepsStatistics(`${name}.weight`)) {
      const variance = runningVariance as tf.Tensor1D;
      // As if the bias had been added: what it adds to the input is taken off the mean.
      const mean = (inputBias ? runningMean.sub(inputBias) : runningMean) as tf.Tensor1D;
      if (x.rank === 4) at.normInputs?.push({ name, input: x as tf.Tensor as tf.Tensor4D, mean, variance });
      const normalized = batchNormInference(x, mean, variance, scale, offset, options);
      return residual ? addRelu(normalized, residual) : normalized;
    }
    return tf.tidy(() => {
      // Times 0, so that the bias has a gradient, and decays as it does elsewhere.
      const shift = inputBias ? offset.add<tf.Tensor1D>(inputBias.mul(0)) : offset;
      const inTraining = { ...options, constantStatistics: true };
      const { normalized, mean, variance } = residual
        ? batchNormAddRelu(x, scale, shift, residual, inTraining)
        : batchNormTraining(x, scale, shift, inTraining);
      if (mode === "train") {
        const count = x.size / channels;
        batches.increase();
        move(runningMean, inputBias ? mean.add(inputBias) : mean);
        move(runningVariance, variance, count / Math.max(1, count - 1));
      }
      return normalized;
    });
  };
  return {
    apply,
    variables: [scale, offset, runningMean, runningVariance, ...(inputBias ? [inputBias] : [])],
    folded: () => {
      const mean = inputBias ? runningMean.sub(inputBias) : runningMean;
      const factor = scale.div<tf.Tensor1D>(runningVariance.add(epsilon).sqrt());
      return { factor, term: offset.sub<tf.Tensor1D>(factor.mul(mean)) };
    },
  };
}
