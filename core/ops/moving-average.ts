/** Averages that follow a value: running statistics, and averages of weights. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel } from "./kernels.js";

export interface MovingAverageOptions {
  /** Share of the average that stays. */
  readonly kept: number;
  /** Share of the value that comes in. */
  readonly share: number;
  /** Of the value, beforehand: what makes a variance unbiased. Default 1. */
  readonly factor?: number;
}

/**
 * `average · kept + (value · factor) · share`. One fused kernel where the engine has it. Without a gradient: see `stopGradient`.
 *
 * @param average any shape
 * @param value the same shape
 * @returns a new tensor
 */
export function movingAverage(
  average: tf.Tensor,
  value: tf.Tensor,
  { kept, share, factor = 1 }: MovingAverageOptions,
): tf.Tensor {
  if (hasKernel("FgkdMovingAverage"))
    return runKernel("FgkdMovingAverage", { average, value }, { kept, share, factor })[0] as tf.Tensor;
  return tf.tidy(() => average.mul(kept).add((factor === 1 ? value : value.mul(factor)).mul(share)));
}
