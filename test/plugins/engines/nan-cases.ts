/** The operations of `fgkd/ops` on what is no number: for tests that hold an engine against plain JavaScript. */
import * as tf from "@tensorflow/tfjs";
import {
  adamStep,
  adaptiveAveragePool,
  antialiasedResize,
  batchNormInference,
  batchNormTraining,
  conv2dTranspose,
  globalAveragePool,
  globalMaxPool,
  groupNorm,
  layerNorm,
  logSoftmax,
  maxPool,
  maxPoolForUnpooling,
  maxUnpool,
  movingAverage,
  replaceBox,
  selfAttention,
  sgdStep,
  softmax,
  spatialAttention,
  standardizedMaps,
} from "../../../core/ops/index.js";

const channels = 8;

/** Two images of 6×7: in the first, NaN in single places, in a whole window, and in a whole channel; none in the second. */
export function image(): tf.Tensor4D {
  const values = Array.from({ length: 2 * 6 * 7 * channels }, (_, index) => (((index * 37) % 29) - 14.5) / 7.5);
  const at = (row: number, column: number, channel: number) => (row * 7 + column) * channels + channel;
  for (const [row, column, channel] of [
    [0, 0, 0],
    [1, 2, 1],
    [5, 6, 7],
    ...[0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => [row, column, 3] as const)),
    ...Array.from({ length: 42 }, (_, place) => [Math.floor(place / 7), place % 7, 5] as const),
  ] as const)
    values[at(row, column, channel)] = Number.NaN;
  return tf.tensor4d(values, [2, 6, 7, channels]);
}

const perChannel = (start: number) => tf.tensor1d(Array.from({ length: channels }, (_, index) => start + index / 8));
const scale = () => perChannel(0.5);
const offset = () => perChannel(-0.25);
const last = (x: tf.Tensor4D) => x.reshape<tf.Tensor2D>([84, channels]);
const even = (x: tf.Tensor4D) => x.slice([0, 0, 0, 0], [2, 6, 6, channels]) as tf.Tensor4D;
const adam = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decoupled: true,
  count: 3,
};
const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true };
const zeros = (x: tf.Tensor) => tf.zerosLike(x);

export const operations: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor>> = {
  "a max pool": (x) => maxPool(x),
  "a max pool without overlap": (x) => maxPool(x, { size: 2, stride: 2, padding: 0 }),
  "a max pool of one channel": (x) => maxPool(x.slice([0, 0, 0, 3], [2, 6, 7, 1])),
  "a max pool of one pixel": (x) => maxPool(x, { size: 1, stride: 2, padding: 0 }),
  "a global max pool": globalMaxPool,
  "a global average pool": globalAveragePool,
  "an unpooling": (x) =>
    maxUnpool(tf.onesLike(maxPool(even(x), { size: 2, stride: 2, padding: 0 })), maxPoolForUnpooling(even(x))),
  "a batch norm in training": (x) => batchNormTraining(x, scale(), offset()).normalized,
  "a batch norm in training with a ReLU": (x) => batchNormTraining(x, scale(), offset(), { relu: true }).normalized,
  "a batch norm in evaluation": (x) => batchNormInference(x, offset(), scale(), scale(), offset()),
  "a batch norm in evaluation with a ReLU": (x) =>
    batchNormInference(x, offset(), scale(), scale(), offset(), { relu: true }),
  "a group norm": (x) => groupNorm(x, scale(), offset(), { groups: 4 }),
  "a layer norm": (x) => layerNorm(x, scale(), offset()),
  "a softmax": (x) => softmax(last(x)),
  "the logarithm of a softmax": (x) => logSoftmax(last(x)),
  "self-attention": (x) => selfAttention(tf.concat([x, x, x], -1).reshape([2, 42, 3 * channels]), 2),
  "a box of no numbers": (x) =>
    replaceBox(tf.onesLike(x), x.slice([0, 0, 0, 0], [2, 3, 3, channels]), { top: 2, left: 1 }),
  "a transposed convolution": (x) => conv2dTranspose(x, tf.ones([2, 2, channels, channels]), { stride: 2 }),
  "spatial attention": (x) => spatialAttention(x),
  "standardised maps": (x) => standardizedMaps(x.slice([0, 0, 0, 0], [2, 6, 7, 1]).reshape([2, 6, 7])),
};

/** Sums by matrices of which most weights are 0: an engine may leave these out, or multiply a NaN by them. */
export const sparse: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  "an adaptive average pool": (x) => adaptiveAveragePool(x, [4, 3]),
  "a resize": (x) => antialiasedResize(x, [3, 3]),
};

/** Without a gradient. */
export const updates: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor>> = {
  "a step of SGD": (x) => sgdStep(tf.onesLike(x), x, zeros(x), sgd).parameter,
  "the velocity of SGD": (x) => sgdStep(tf.onesLike(x), x, zeros(x), sgd).velocity,
  "a moving average": (x) => movingAverage(tf.onesLike(x), x, { kept: 0.9, share: 0.1 }),
  "a step of Adam": (x) => adamStep(tf.onesLike(x), x, { mean: zeros(x), square: zeros(x) }, adam).parameter,
  "a step of Adam with weights of no numbers": (x) =>
    adamStep(x, tf.onesLike(x), { mean: zeros(x), square: zeros(x) }, adam).parameter,
};
