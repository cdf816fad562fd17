/** The layers that generators are made of, started as DCGAN's. */
import type * as tf from "@tensorflow/tfjs";
import type { Random } from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import { batchNorm } from "../layers/batch-norm.js";
import type { Construction, Layer } from "../layers/construction.js";
import { filter } from "../layers/convolution.js";
import { constant, normal } from "../layers/initializers.js";

/** Of weights: normal with this deviation. */
const deviation = 0.02;

/**
 * Weights normal with mean 0 and deviation 0.02.
 *
 * @see "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks", 2015
 */
export function small(random: Random) {
  return normal(random, deviation);
}

export interface GeneratorConvolution {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel; padded by half of it. */
  readonly size: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** A convolution with stride 1, `<name>.weight` and perhaps `<name>.bias`, which starts at 0. */
export function generatorConvolution(at: Construction, name: string, shape: GeneratorConvolution): Layer {
  const { size, to } = shape;
  const weights = filter(at, name, { ...shape, stride: 1, start: small(at.random) });
  // Declared with one side.
  const bias = shape.bias === false ? undefined : at.parameters.weight(`${name}.bias`, [to], "plain", constant(0));
  const options = { padding: size >> 1, ...(bias && { bias: bias as tf.Tensor as tf.Tensor1D }) };
  return (x) => conv2d(x, weights, options);
}

/** A batch norm whose scales start at N(1, 0.02). */
export function generatorNorm(at: Construction, name: string, channels: number, relu: boolean): Layer {
  const scale = (shape: readonly number[]) => small(at.random)(shape).map((value) => 1 + value);
  return batchNorm(at, name, channels, { relu, scale }).apply;
}
