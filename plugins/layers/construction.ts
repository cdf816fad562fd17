/** Convolution and linear layers, which declare their weights and return what they do. */
import * as tf from "@tensorflow/tfjs";
import {
  type Initializer,
  type Mode,
  type NormInput,
  type Outputs,
  Parameters,
  type Random,
  type Want,
} from "../../core/index.js";
import { kaimingNormal, uniformByFanIn } from "./initializers.js";

/** Where a network under construction declares its weights, and what it draws them from. */
export interface Construction {
  readonly parameters: Parameters;
  readonly random: Random;
  /** Where batch norms put what they are given, during a pass whose caller wants it. */
  normInputs?: NormInput[] | undefined;
}

/** A network without layers yet. */
export function construct(random: Random): Construction {
  return { parameters: new Parameters(), random };
}

/** Runs a forward pass, and adds the inputs of its batch norms to the outputs if they are wanted. */
export function watched(at: Construction, want: Want | undefined, forward: () => Outputs): Outputs {
  if (!want?.normInputs) return forward();
  const normInputs: NormInput[] = [];
  at.normInputs = normInputs;
  try {
    return { ...forward(), normInputs };
  } finally {
    at.normInputs = undefined;
  }
}

/** `tf.tidy`, unless somebody watches the batch norms, whose inputs are among what it would free. */
export function tidied(at: Construction, compute: () => tf.Tensor4D): tf.Tensor4D {
  return at.normInputs ? compute() : tf.tidy(compute);
}

/** `[batch, height, width, channels]` to the same, with other sides and channels. */
export type Layer = (x: tf.Tensor4D, mode: Mode) => tf.Tensor4D;

/** The map after the last stage, and the one after each. */
export function throughStages(stages: readonly (readonly Layer[])[], x: tf.Tensor4D, mode: Mode) {
  const maps: tf.Tensor4D[] = [];
  let map = x;
  for (const layers of stages) {
    map = layers.reduce((value, layer) => layer(value, mode), map);
    maps.push(map);
  }
  return { map, maps };
}

export interface ConvolutionShape {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel. */
  readonly size: number;
  readonly stride: number;
  /** Default: half the kernel, so that stride 1 keeps the sides. */
  readonly padding?: number;
  /** Default: kaiming normal. */
  readonly start?: Initializer;
}

/** The weights of a convolution, `<name>.weight`, as `[size, size, from, to]`. */
export function filter(at: Construction, name: string, shape: ConvolutionShape): tf.Tensor4D {
  const { from, to, size, start = kaimingNormal(at.random) } = shape;
  // Declared with four sides, so it has rank 4.
  return at.parameters.weight(`${name}.weight`, [size, size, from, to], "convolution", start) as tf.Tensor4D;
}

/** Weight and bias of a linear layer. */
export interface Linear {
  /** `[from, to]` */
  readonly weight: tf.Tensor2D;
  /** `[to]` */
  readonly bias: tf.Tensor1D;
  /** `[batch, from]` to `[batch, to]` */
  apply(x: tf.Tensor2D): tf.Tensor2D;
}

/** How a linear layer starts; see {@link linear}. */
export interface LinearStart {
  readonly weight: Initializer;
  readonly bias: Initializer;
}

/** A linear layer, `<name>.weight` and `<name>.bias`; unless `start` says otherwise, uniform within ±1/√from. */
export function linear(at: Construction, name: string, from: number, to: number, start?: LinearStart): Linear {
  const uniform = uniformByFanIn(at.random, from);
  // Declared with these ranks.
  const weight = at.parameters.weight(`${name}.weight`, [from, to], "linear", start?.weight ?? uniform) as tf.Tensor2D;
  const bias = at.parameters.weight(`${name}.bias`, [to], "plain", start?.bias ?? uniform) as tf.Tensor1D;
  return { weight, bias, apply: (x) => x.matMul(weight).add<tf.Tensor2D>(bias) };
}

/**
 * In training, every value is left out with probability `rate`, and the others grow so that the sum stays the same on
 * average. Otherwise the identity.
 *
 * @param random the model's stream, so that a run that is taken up again leaves out the same values
 * @see "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014
 */
export function dropout(random: Random, rate: number) {
  return <T extends tf.Tensor>(x: T, mode: Mode): T => {
    if (mode !== "train" || rate === 0) return x;
    const kept = Float32Array.from({ length: x.size }, () => (random.next() < rate ? 0 : 1 / (1 - rate)));
    return x.mul<T>(tf.tensor(kept, x.shape));
  };
}
