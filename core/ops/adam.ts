/** The update of Adam and AdamW. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, runListKernel } from "./kernels.js";

export interface AdamStepOptions {
  readonly learningRate: number;
  /** Of the running mean of the gradient. */
  readonly beta1: number;
  /** Of the running mean of its square. */
  readonly beta2: number;
  /** Added to the root of the second mean, after its correction. */
  readonly epsilon: number;
  /** Times the parameter. */
  readonly weightDecay: number;
  /** Whether the decay is taken off the parameter, apart from the gradient (AdamW), or added to the gradient (Adam). */
  readonly decoupled: boolean;
  /** Steps so far, this one included: 1 at the first. */
  readonly count: number;
}

export interface AdamMoments<T = tf.Tensor> {
  /** Running mean of the gradient. */
  readonly mean: T;
  /** Running mean of its square. */
  readonly square: T;
}

/**
 * One step of Adam, as torch.optim.Adam and AdamW: `mean' = β1·mean + (1−β1)·d`, `square' = β2·square + (1−β2)·d²`,
 * `parameter' = parameter − learningRate · mean'/(1−β1ᵗ) / (√(square'/(1−β2ᵗ)) + ε)`, with the decay in the direction
 * `d = gradient + weightDecay·parameter`, or first taken off the parameter: `parameter·(1 − learningRate·weightDecay)`. One
 * fused kernel where the engine has it.
 *
 * @param parameter any shape
 * @param gradient the same shape
 * @param moments the same shape, zeros at first
 * @returns new tensors
 * @see "Adam: A Method for Stochastic Optimization", 2015; "Decoupled Weight Decay Regularization", 2019
 */
export function adamStep(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  { mean, square }: AdamMoments,
  options: AdamStepOptions,
): AdamMoments & { readonly parameter: tf.Tensor } {
  const { beta1, beta2, epsilon } = options;
  const attributes = { ...ratesOf(options), beta1, beta2, epsilon };
  const [moved, newMean, newSquare] = hasKernel("FgkdAdam")
    ? runKernel("FgkdAdam", { parameter, gradient, mean, square }, attributes)
    : composed(parameter, gradient, { mean, square }, attributes);
  return { parameter: moved as tf.Tensor, mean: newMean as tf.Tensor, square: newSquare as tf.Tensor };
}

/** A weight of several, and what moves it beside its rates and what all share. */
export interface AdamStepOfMany extends AdamMoments {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
}

/** What `adamSteps` is told of a weight: what may differ from weight to weight, and from step to step. */
export function adamRates(options: Omit<AdamStepOptions, "epsilon">): readonly number[] {
  const { rate, correction, decay, shrinkage } = ratesOf(options);
  return [rate, correction, decay, shrinkage];
}

/**
 * `adamStep` of many weights at once, where the engine has a kernel for that.
 *
 * @param rates `[steps, 4]`: `adamRates` of each
 * @returns new tensors for each; `undefined` where it has none
 */
export function adamSteps(
  steps: readonly AdamStepOfMany[],
  rates: tf.Tensor2D,
  { beta1, beta2, epsilon }: Pick<AdamStepOptions, "beta1" | "beta2" | "epsilon">,
): readonly (AdamMoments & { readonly parameter: tf.Tensor })[] | undefined {
  if (steps.length === 0 || !hasKernel("FgkdAdamOfAll")) return undefined;
  const made = runListKernel(
    "FgkdAdamOfAll",
    {
      parameters: steps.map(({ parameter }) => parameter),
      gradients: steps.map(({ gradient }) => gradient),
      means: steps.map(({ mean }) => mean),
      squares: steps.map(({ square }) => square),
    },
    { beta1, beta2, epsilon },
    { rates },
  );
  return steps.map((_, at) => {
    const [parameter, mean, square] = made.slice(3 * at);
    return { parameter: parameter as tf.Tensor, mean: mean as tf.Tensor, square: square as tf.Tensor };
  });
}

function ratesOf({ learningRate, beta1, beta2, weightDecay, decoupled, count }: Omit<AdamStepOptions, "epsilon">) {
  return {
    rate: learningRate / (1 - beta1 ** count),
    correction: 1 - beta2 ** count,
    decay: decoupled ? 0 : weightDecay,
    shrinkage: decoupled ? 1 - learningRate * weightDecay : 1,
  };
}

type Attributes = Readonly<
  Record<"rate" | "beta1" | "beta2" | "correction" | "epsilon" | "decay" | "shrinkage", number>
>;

function composed(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  { mean, square }: AdamMoments,
  { rate, beta1, beta2, correction, epsilon, decay, shrinkage }: Attributes,
): tf.Tensor[] {
  return tf.tidy(() => {
    const direction = decay === 0 ? gradient : gradient.add(parameter.mul(decay));
    const newMean = mean.mul(beta1).add(direction.mul(1 - beta1));
    const newSquare = square.mul(beta2).add(direction.square().mul(1 - beta2));
    const spread = newSquare.div(correction).sqrt().add(epsilon);
    const shrunk = shrinkage === 1 ? parameter : parameter.mul(shrinkage);
    return [shrunk.sub(newMean.mul(rate).div(spread)), newMean, newSquare];
  });
}
