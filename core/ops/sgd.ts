/** The update of stochastic gradient descent with momentum. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, runListKernel } from "./kernels.js";

export interface SgdStepOptions {
  readonly learningRate: number;
  readonly momentum: number;
  /** Times the parameter, added to the gradient. */
  readonly weightDecay: number;
  /** Whether the gradient is taken one step of momentum ahead. */
  readonly nesterov: boolean;
  /** Whether parameter and velocity are freed next, and read no more: engines may write over them. Default false. */
  readonly replaces?: boolean;
}

/**
 * One step of SGD with momentum, as torch.optim.SGD (dampening 0): `d = gradient + weightDecay · parameter`,
 * `velocity' = momentum · velocity + d`, `parameter' = parameter − learningRate · velocity'`, or with Nesterov
 * `parameter − learningRate · (d + momentum · velocity')`. One fused kernel where the engine has it.
 *
 * @param parameter any shape
 * @param gradient the same shape
 * @param velocity the same shape, zeros at first
 * @returns new tensors
 */
export function sgdStep(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  velocity: tf.Tensor,
  options: SgdStepOptions,
): { readonly parameter: tf.Tensor; readonly velocity: tf.Tensor } {
  if (hasKernel("FgkdSgd")) {
    const attributes = { replaces: false, ...options, dampening: 0 };
    const [moved, faster] = runKernel("FgkdSgd", { parameter, gradient, velocity }, attributes);
    return { parameter: moved as tf.Tensor, velocity: faster as tf.Tensor };
  }
  const { learningRate, momentum, weightDecay, nesterov } = options;
  const [moved, faster] = tf.tidy(() => {
    const direction = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
    const faster = velocity.mul(momentum).add(direction);
    const step = nesterov ? direction.add(faster.mul(momentum)) : faster;
    return [parameter.sub(step.mul(learningRate)), faster];
  });
  return { parameter: moved as tf.Tensor, velocity: faster as tf.Tensor };
}

/** A weight of several, and what moves it beside its rates and the momentum that all share. */
export interface SgdStepOfMany {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly velocity: tf.Tensor;
}

/** What `sgdSteps` is told of a weight: what may differ from weight to weight, and from step to step. */
export function sgdRates({
  learningRate,
  weightDecay,
}: Pick<SgdStepOptions, "learningRate" | "weightDecay">): readonly number[] {
  return [learningRate, weightDecay];
}

/**
 * `sgdStep` of many weights at once, where the engine has a kernel for that.
 *
 * @param rates `[steps, 2]`: `sgdRates` of each
 * @returns new tensors for each; `undefined` where it has none
 */
export function sgdSteps(
  steps: readonly SgdStepOfMany[],
  rates: tf.Tensor2D,
  { momentum, nesterov }: Pick<SgdStepOptions, "momentum" | "nesterov">,
): readonly { readonly parameter: tf.Tensor; readonly velocity: tf.Tensor }[] | undefined {
  if (steps.length === 0 || !hasKernel("FgkdSgdOfAll")) return undefined;
  const made = runListKernel(
    "FgkdSgdOfAll",
    {
      parameters: steps.map(({ parameter }) => parameter),
      gradients: steps.map(({ gradient }) => gradient),
      velocities: steps.map(({ velocity }) => velocity),
    },
    { momentum, nesterov },
    { rates },
  );
  return steps.map((_, at) => ({ parameter: made[2 * at] as tf.Tensor, velocity: made[2 * at + 1] as tf.Tensor }));
}
