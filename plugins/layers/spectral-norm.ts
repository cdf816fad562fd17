/** Transposed convolution, with or without spectral normalisation. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Mode } from "../../core/index.js";
import { conv2dTranspose, stopGradient, type TransposedConvolutionOptions } from "../../core/ops/index.js";
import type { Construction, Layer } from "./construction.js";
import { constant, normal } from "./initializers.js";

export interface TransposedShape extends Required<TransposedConvolutionOptions> {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel. */
  readonly size: number;
  /** Default false. */
  readonly bias?: boolean;
  /** Default: normal with deviation 0.02, as DCGAN's. */
  readonly start?: Initializer;
}

/** A transposed convolution, `<name>.weight` and perhaps `<name>.bias`. */
export function transposedConvolution(at: Construction, name: string, shape: TransposedShape): Layer {
  const filter = declareFilter(at, `${name}.weight`, shape);
  const bias = shape.bias ? at.parameters.weight(`${name}.bias`, [shape.to], "plain", constant(0)) : undefined;
  return (x) => {
    const y = conv2dTranspose(x, filter as tf.Tensor4D, shape);
    return bias ? y.add<tf.Tensor4D>(bias) : y;
  };
}

/**
 * A transposed convolution whose filter, as a matrix `[out, in · size²]`, is divided by its largest singular value. Each
 * step in training moves the estimate of the singular vectors by one power iteration; the gradient takes them for
 * constants. `<name>.weight_orig`, `.weight_u`, `.weight_v`, as PyTorch's `spectral_norm`.
 *
 * @see "Spectral Normalization for Generative Adversarial Networks", 2018
 */
export function spectralTransposedConvolution(at: Construction, name: string, shape: TransposedShape): Layer {
  const { from, to, size } = shape;
  const filter = declareFilter(at, `${name}.weight_orig`, shape);
  const direction = (length: number) => () => unit(at.random.normals(length));
  const u = at.parameters.buffer(`${name}.weight_u`, [to], direction(to));
  const v = at.parameters.buffer(`${name}.weight_v`, [from * size * size], direction(from * size * size));
  return (x, mode) =>
    tf.tidy(() => conv2dTranspose(x, filter.div<tf.Tensor4D>(largestSingularValue(filter, u, v, mode)), shape));
}

/**
 * `uᵀ W v`, with `u` and `v` moved by one power iteration in `train` mode.
 *
 * @param filter `[height, width, out, in]`, seen as `W`, `[out, in · height · width]`
 * @param u `[out]`
 * @param v `[in · height · width]`
 */
export function largestSingularValue(filter: tf.Tensor, u: tf.Variable, v: tf.Variable, mode: Mode): tf.Scalar {
  const matrix = filter.transpose([2, 3, 0, 1]).reshape([u.size, v.size]) as tf.Tensor2D;
  if (mode === "train") {
    v.assign(stopGradient(() => normalise(column(u).matMul(matrix, true).reshape([v.size]))));
    u.assign(stopGradient(() => normalise(matrix.matMul(column(v)).reshape([u.size]))));
  }
  return matrix.matMul(column(v)).reshape([u.size]).mul(u).sum();
}

/** `[height, width, out, in]`; files hold `[in, out, height, width]`, as PyTorch. */
function declareFilter(at: Construction, name: string, shape: TransposedShape): tf.Variable {
  const { from, to, size, start = normal(at.random, 0.02) } = shape;
  return at.parameters.weight(name, [size, size, to, from], "convolution", start);
}

function column(vector: tf.Tensor): tf.Tensor2D {
  return vector.reshape([vector.size, 1]);
}

function normalise(vector: tf.Tensor): tf.Tensor {
  return vector.div(vector.norm().maximum(1e-12));
}

function unit(values: Float32Array): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / Math.max(length, 1e-12));
}
