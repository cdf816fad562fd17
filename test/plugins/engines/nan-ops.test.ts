/**
 * The operations of `fgkd/ops` on what is no number: every engine, with kernels of its own or without, makes the same of it
 * as plain JavaScript does, the engine `cpu`.
 */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
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
import { type EngineName, engineNames, startEngine } from "../../support/engines.js";

const channels = 8;

/** Two images of 6×7: in the first, NaN in single places, in a whole window, and in a whole channel; none in the second. */
function image(): tf.Tensor4D {
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

const operations: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor>> = {
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
const sparse: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  "an adaptive average pool": (x) => adaptiveAveragePool(x, [4, 3]),
  "a resize": (x) => antialiasedResize(x, [3, 3]),
};

/** Without a gradient. */
const updates: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor>> = {
  "a step of SGD": (x) => sgdStep(tf.onesLike(x), x, zeros(x), sgd).parameter,
  "the velocity of SGD": (x) => sgdStep(tf.onesLike(x), x, zeros(x), sgd).velocity,
  "a moving average": (x) => movingAverage(tf.onesLike(x), x, { kept: 0.9, share: 0.1 }),
  "a step of Adam": (x) => adamStep(tf.onesLike(x), x, { mean: zeros(x), square: zeros(x) }, adam).parameter,
  "a step of Adam with weights of no numbers": (x) =>
    adamStep(x, tf.onesLike(x), { mean: zeros(x), square: zeros(x) }, adam).parameter,
};

/** In words that can be compared: engines may differ in last bits, not in these. */
function kinds(x: tf.Tensor): readonly string[] {
  return Array.from(x.dataSync(), (value) => {
    if (!Number.isFinite(value)) return String(value);
    return Math.abs(value) < 1e-5 ? "0" : value > 0 ? "above 0" : "below 0";
  });
}

async function kindsOn(engine: EngineName, compute: () => tf.Tensor): Promise<readonly string[]> {
  await startEngine(engine);
  const result = tf.tidy(compute);
  const found = kinds(result);
  result.dispose();
  return found;
}

describe.each(engineNames)("on %s, what is no number", (engine) => {
  test.each(Object.entries({ ...operations, ...updates }))(
    "is the same to %s as in plain JavaScript",
    async (_, apply) => {
      const compute = () => apply(image());
      const expected = await kindsOn("cpu", compute);
      // Otherwise nothing was tried.
      expect(apply === operations["an unpooling"] || expected.some((kind) => /NaN|Infinity/.test(kind))).toBe(true);
      expect(await kindsOn(engine, compute)).toEqual(expected);
    },
  );

  test.each(Object.entries(operations).filter(([name]) => name !== "an unpooling"))(
    "is the same to the gradient of %s",
    async (_, apply) => {
      // No sum of squares: that of normalised values is the same whatever the values.
      const loss = (y: tf.Tensor) => y.mul(tf.range(0, y.size).mul(1.7).cos().reshape(y.shape)).sum();
      const compute = () => tf.grad((x: tf.Tensor) => loss(apply(x as tf.Tensor4D)))(image());
      expect(await kindsOn(engine, compute)).toEqual(await kindsOn("cpu", compute));
    },
  );

  test.each(Object.entries(sparse))("shows in %s, in the same images and channels", async (_, apply) => {
    // A largest value passes NaN over; a sum does not.
    const compute = () => apply(image()).sum([1, 2]);
    const found = await kindsOn(engine, compute);
    expect(found).toEqual(await kindsOn("cpu", compute));
    expect(found.filter((kind) => kind === "NaN")).toHaveLength(5);
  });

  test("is passed over by a max pool, wherever it stands in the window, and stays where there is nothing else", async () => {
    await startEngine(engine);
    for (let place = 0; place < 9; place++) {
      const values = Array.from({ length: 9 }, (_, index) => (index === place ? Number.NaN : index - 20));
      const found = tf.tidy(() => tf.maxPool(tf.tensor4d(values, [1, 3, 3, 1]), 3, 1, "valid").dataSync()[0]);
      expect(found).toBe(place === 8 ? -13 : -12);
    }
    const nothing = (of: number) => tf.tidy(() => maxPool(tf.fill([1, 2, 2, 1], of)).dataSync()[0]);
    expect(nothing(Number.NaN)).toBe(Number.NaN);
    expect(nothing(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  });
});
