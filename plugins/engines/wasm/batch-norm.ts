/** Fused batch normalisation for training, with an optional ReLU: the statistics, the result, and their gradient. */
import type * as tf from "@tensorflow/tfjs";
import { floatsOf, forEachRun, type KernelCall, sizeOf, type WasmBackend } from "./heap.js";

interface Attributes {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Whether a ReLU follows the affine map. */
  readonly relu: boolean;
  /** Its greatest value. Default: none. */
  readonly most?: number;
}

interface ForwardInputs {
  /** `[..., channels]` */
  readonly x: tf.TensorInfo;
  /** `[channels]` */
  readonly scale: tf.TensorInfo;
  /** `[channels]` */
  readonly offset: tf.TensorInfo;
}

interface GradientInputs extends ForwardInputs {
  /** The gradient of `y`, shaped like `x`. */
  readonly dy: tf.TensorInfo;
  /** `[channels]` */
  readonly mean: tf.TensorInfo;
  /** `[channels]`, biased */
  readonly variance: tf.TensorInfo;
}

/**
 * `FgkdBatchNormTraining`: y = scale · (x - mean) / √(variance + epsilon) + offset, by the batch's own statistics.
 *
 * The variance is the biased one. Sums are kept in double precision and taken about a first guess of the mean (the
 * first pixel), since E[x²] - E[x]² loses all digits where the mean is large.
 *
 * @returns `[y, mean, variance]`
 */
export function batchNormTraining(call: KernelCall<ForwardInputs, Attributes>): tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const channels = inputs.scale.shape[0] as number;
  const y = backend.makeOutput(inputs.x.shape, "float32");
  const mean = backend.makeOutput([channels], "float32");
  const variance = backend.makeOutput([channels], "float32");

  const x = floatsOf(backend, inputs.x);
  const means = floatsOf(backend, mean);
  const variances = floatsOf(backend, variance);
  computeMoments(x, means, variances);
  const { slopes, intercepts } = affineMap(backend, inputs, means, variances, attrs.epsilon);
  applyAffineMap(x, floatsOf(backend, y), slopes, intercepts, mostOf(attrs));
  return [y, mean, variance];
}

/**
 * `FgkdBatchNormTrainingGrad`: with x̂ = (x - mean) / √(variance + epsilon) and dy masked where the ReLU closed,
 * dOffset = Σ dy, dScale = Σ dy · x̂, dx = scale / √(variance + epsilon) · (dy - dOffset / n - x̂ · dScale / n).
 *
 * @returns `[dx, dScale, dOffset]`
 * @see "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015
 */
export function batchNormTrainingGradient(call: KernelCall<GradientInputs, Attributes>): tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const channels = inputs.scale.shape[0] as number;
  const count = sizeOf(inputs.x.shape) / channels;
  const dx = backend.makeOutput(inputs.x.shape, "float32");
  const dScale = backend.makeOutput([channels], "float32");
  const dOffset = backend.makeOutput([channels], "float32");

  const x = floatsOf(backend, inputs.x);
  const dy = floatsOf(backend, inputs.dy);
  const means = floatsOf(backend, inputs.mean);
  const variances = floatsOf(backend, inputs.variance);
  const { slopes, intercepts } = affineMap(backend, inputs, means, variances, attrs.epsilon);
  const isOpen = openness(mostOf(attrs));

  const sums = new Float64Array(channels);
  const products = new Float64Array(channels);
  forEachRun(x.length, channels, (channel, begin, end) => {
    const slope = slopes[channel] as number;
    const intercept = intercepts[channel] as number;
    const mean = means[channel] as number;
    let sum = 0;
    let product = 0;
    for (let at = begin; at < end; at += channels) {
      const value = x[at] as number;
      const gradient = (dy[at] as number) * isOpen(value * slope + intercept);
      sum += gradient;
      product += gradient * (value - mean);
    }
    sums[channel] = (sums[channel] as number) + sum;
    products[channel] = (products[channel] as number) + product;
  });

  // dx = slope · dy - pull · x + shift, with everything that depends on the channel only taken out of the loop.
  const pulls = new Float64Array(channels);
  const shifts = new Float64Array(channels);
  const scaleGradients = floatsOf(backend, dScale);
  const offsetGradients = floatsOf(backend, dOffset);
  for (let channel = 0; channel < channels; channel++) {
    const deviation = Math.sqrt((variances[channel] as number) + attrs.epsilon);
    const slope = slopes[channel] as number;
    const product = products[channel] as number;
    scaleGradients[channel] = product / deviation;
    offsetGradients[channel] = sums[channel] as number;
    pulls[channel] = (slope * product) / (deviation * deviation * count);
    shifts[channel] =
      (pulls[channel] as number) * (means[channel] as number) - (slope * (sums[channel] as number)) / count;
  }
  const out = floatsOf(backend, dx);
  forEachRun(x.length, channels, (channel, begin, end) => {
    const slope = slopes[channel] as number;
    const intercept = intercepts[channel] as number;
    const pull = pulls[channel] as number;
    const shift = shifts[channel] as number;
    for (let at = begin; at < end; at += channels) {
      const value = x[at] as number;
      const open = isOpen(value * slope + intercept);
      out[at] = open * slope * (dy[at] as number) - pull * value + shift;
    }
  });
  return [dx, dScale, dOffset];
}

/** 0 where no ReLU follows, else its greatest value, which may be infinite. */
function mostOf({ relu, most = Number.POSITIVE_INFINITY }: Attributes): number {
  return relu ? most : 0;
}

/** Of a result before the ReLU: 1 where it passes unchanged, else 0. */
function openness(most: number): (value: number) => number {
  if (most === 0) return () => 1;
  if (most === Number.POSITIVE_INFINITY) return (value) => Number(value > 0);
  return (value) => Number(value > 0 && value < most);
}

function computeMoments(x: Float32Array, means: Float32Array, variances: Float32Array): void {
  const channels = means.length;
  const count = x.length / channels;
  const origins = Float64Array.from(x.subarray(0, channels));
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  forEachRun(x.length, channels, (channel, begin, end) => {
    const origin = origins[channel] as number;
    let sum = 0;
    let square = 0;
    for (let at = begin; at < end; at += channels) {
      const value = (x[at] as number) - origin;
      sum += value;
      square += value * value;
    }
    sums[channel] = (sums[channel] as number) + sum;
    squares[channel] = (squares[channel] as number) + square;
  });
  for (let channel = 0; channel < channels; channel++) {
    const distance = (sums[channel] as number) / count;
    means[channel] = (origins[channel] as number) + distance;
    variances[channel] = Math.max(0, (squares[channel] as number) / count - distance * distance);
  }
}

/** y = slope · x + intercept per channel; computed alike forward and backward, so that both see the same ReLU. */
function affineMap(
  backend: WasmBackend,
  inputs: ForwardInputs,
  means: Float32Array,
  variances: Float32Array,
  epsilon: number,
): { readonly slopes: Float64Array; readonly intercepts: Float64Array } {
  const scale = floatsOf(backend, inputs.scale);
  const offset = floatsOf(backend, inputs.offset);
  const slopes = Float64Array.from(
    scale,
    (value, channel) => value / Math.sqrt((variances[channel] as number) + epsilon),
  );
  const intercepts = Float64Array.from(
    offset,
    (value, channel) => value - (means[channel] as number) * (slopes[channel] as number),
  );
  return { slopes, intercepts };
}

function applyAffineMap(
  x: Float32Array,
  y: Float32Array,
  slopes: Float64Array,
  intercepts: Float64Array,
  most: number,
): void {
  const channels = slopes.length;
  forEachRun(x.length, channels, (channel, begin, end) => {
    const slope = slopes[channel] as number;
    const intercept = intercepts[channel] as number;
    for (let at = begin; at < end; at += channels) {
      const value = (x[at] as number) * slope + intercept;
      // The positive part without a branch, whose mispredictions would cost more than the arithmetic.
      const passed = most === 0 ? value : (value + Math.abs(value)) * 0.5;
      y[at] = passed > most && most > 0 ? most : passed;
    }
  });
}
