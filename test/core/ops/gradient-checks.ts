/** For every operation of fgkd/ops what to differentiate: for tests that hold gradients against something else. */
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../../core/index.js";
import * as ops from "../../../core/ops/index.js";

/** Something to differentiate: a function of tensors, and where. */
export interface Check {
  /** What is special about it, if an operation has several. */
  readonly of?: string;
  compute(...inputs: tf.Tensor[]): tf.Tensor;
  inputs(): tf.Tensor[];
  /** How far each value is moved. Default 0.01; more for what is linear, where rounding is the only error. */
  readonly step?: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const normals = (...shape: number[]) => tf.tensor(createRandom(`normal ${shape}`).normals(sizeOf(shape)), shape);
const positive = (...shape: number[]) =>
  normals(...shape)
    .abs()
    .add(0.5);
/** No closer to 0 than 0.1: a difference across a ReLU's kink is no gradient. */
const awayFromZero = (...shape: number[]) =>
  normals(...shape).add(
    normals(...shape)
      .sign()
      .mul(0.1),
  );
/** Values 0.1 apart, in some order: no maximum changes its place. */
const apart = (...shape: number[]) =>
  tf.tensor(
    [...createRandom(`order ${shape}`).permutation(sizeOf(shape))].map((place) => place / 10 - 1),
    shape,
  );

type Four = tf.Tensor4D;
type One = tf.Tensor1D;

/** For every operation of fgkd/ops what to differentiate, or why there is nothing. */
export const checks: Readonly<Record<keyof typeof ops, readonly Check[] | string>> = {
  addBranch: [
    {
      of: "alone",
      compute: (x, y) => ops.addBranch(x as Four, y as Four),
      inputs: () => [normals(2, 3), normals(2, 3)],
    },
    {
      of: "with what is kept of it",
      compute: (x, y) => ops.addBranch(x as Four, y as Four, { kept: tf.tensor([0, 2, 2], [3, 1, 1]) }),
      inputs: () => [normals(3, 2, 4), normals(3, 2, 4)],
    },
    {
      of: "with a scale",
      compute: (x, y, scale) => ops.addBranch(x as Four, y as Four, { scale: scale as One }),
      inputs: () => [normals(3, 2, 4), normals(3, 2, 4), normals(4)],
    },
    {
      of: "with both",
      compute: (x, y, scale) =>
        ops.addBranch(x as Four, y as Four, { scale: scale as One, kept: tf.tensor([0, 2, 2], [3, 1, 1, 1]) }),
      inputs: () => [normals(3, 2, 2, 4), normals(3, 2, 2, 4), normals(4)],
    },
  ],
  addRelu: [
    {
      compute: (a, b) => ops.addRelu(a as tf.Tensor, b as tf.Tensor),
      inputs: () => [awayFromZero(3, 8), tf.ones([3, 8]).mul(0.01)],
    },
  ],
  adaptiveAveragePool: [
    { compute: (x) => ops.adaptiveAveragePool(x as Four, [2, 3]), inputs: () => [normals(2, 5, 7, 3)], step: 0.1 },
  ],
  antialiasedResize: [
    {
      of: "down",
      compute: (x) => ops.antialiasedResize(x as Four, [4, 3]),
      inputs: () => [normals(1, 9, 8, 3)],
      step: 0.1,
    },
    {
      of: "up",
      compute: (x) => ops.antialiasedResize(x as Four, [9, 8]),
      inputs: () => [normals(2, 4, 3, 4)],
      step: 0.1,
    },
  ],
  batchNormAddRelu: [
    {
      compute: (x, scale, offset, residual) =>
        ops.batchNormAddRelu(x as tf.Tensor, scale as One, offset as One, residual as tf.Tensor).normalized,
      // So far above 0, or below, that no step crosses it.
      inputs: () => [normals(2, 3, 3, 5), positive(5), normals(5), normals(2, 3, 3, 5).sign().mul(8)],
    },
  ],
  batchNormInference: [false, true].map((relu) => ({
    of: relu ? "with ReLU" : "alone",
    compute: (x, mean, variance, scale, offset) =>
      ops.batchNormInference(x as tf.Tensor, mean as One, variance as One, scale as One, offset as One, { relu }),
    // The scale keeps the sign of what is far from 0, and the small offset does not change it.
    inputs: () => [awayFromZero(12, 4).mul(2), tf.zeros([4]), positive(4), positive(4), tf.zeros([4])],
  })),
  batchNormTraining: [
    {
      of: "its result",
      compute: (x, scale, offset) => ops.batchNormTraining(x as tf.Tensor, scale as One, offset as One).normalized,
      inputs: () => [normals(2, 3, 3, 5), positive(5), normals(5)],
    },
    {
      of: "with ReLU",
      compute: (x, scale, offset) =>
        ops.batchNormTraining(x as tf.Tensor, scale as One, offset as One, { relu: true }).normalized,
      // Pairs of opposites: their mean is 0, so what is far from 0 stays so.
      inputs: () => [tf.concat([awayFromZero(6, 3), awayFromZero(6, 3).neg()]), positive(3), tf.zeros([3])],
    },
    {
      of: "with ReLU6",
      compute: (x, scale, offset) =>
        ops.batchNormTraining(x as tf.Tensor, scale as One, offset as One, { relu: true, most: 6 }).normalized,
      // Whitened they lie near ±1: below 0 and beyond 6, then within, by their offsets.
      inputs: () => [
        tf.concat([awayFromZero(6, 3), awayFromZero(6, 3).neg()]),
        tf.tensor1d([1, 4, 0.5]),
        tf.tensor1d([0, 6, 3]),
      ],
    },
    {
      of: "its statistics",
      compute: (x) => {
        const { mean, variance } = ops.batchNormTraining(x as tf.Tensor, tf.ones([4]), tf.zeros([4]));
        return tf.stack([mean, variance.sqrt()]);
      },
      inputs: () => [normals(10, 4)],
    },
  ],
  channelSum: [
    {
      compute: (x, weights) => ops.channelSum(x as Four, weights as tf.Tensor2D),
      inputs: () => [normals(2, 3, 4, 5), normals(2, 5)],
      step: 0.1,
    },
  ],
  channelWeights: [
    {
      compute: (labels, classifier, gate) =>
        ops.channelWeights("se-classifier", {
          labels: labels as tf.Tensor2D,
          classifier: classifier as tf.Tensor2D,
          gate: gate as tf.Tensor2D,
        }),
      inputs: () => [normals(2, 3), normals(4, 3), normals(2, 4)],
    },
  ],
  conv2d: [
    {
      of: "padded",
      compute: (x, filter) => ops.conv2d(x as Four, filter as Four, { padding: 1 }),
      inputs: () => [normals(2, 5, 4, 3), normals(3, 3, 3, 4)],
      step: 0.1,
    },
    {
      of: "with strides",
      compute: (x, filter) => ops.conv2d(x as Four, filter as Four, { stride: 2, padding: 3 }),
      inputs: () => [normals(1, 9, 9, 3), normals(7, 7, 3, 8)],
      step: 0.1,
    },
    {
      of: "in blocks of channels",
      compute: (x, filter) => ops.conv2d(x as Four, filter as Four, { padding: 1 }),
      inputs: () => [normals(2, 6, 6, 16), normals(3, 3, 16, 16)],
      step: 0.1,
    },
    {
      of: "with bias",
      compute: (x, filter, bias) => ops.conv2d(x as Four, filter as Four, { bias: bias as One }),
      inputs: () => [normals(2, 4, 4, 8), normals(1, 1, 8, 16), normals(16)],
      step: 0.1,
    },
    {
      of: "with bias and ReLU",
      compute: (x, filter, bias) => ops.conv2d(x as Four, filter as Four, { bias: bias as One, relu: true }),
      // One product for each output: none is near the kink.
      inputs: () => [positive(2, 3, 3, 1), awayFromZero(1, 1, 1, 8), tf.zeros([8])],
    },
  ],
  conv2dAddRelu: [
    {
      compute: (x, filter, residual, bias) =>
        ops.conv2dAddRelu(x as Four, filter as Four, residual as Four, { padding: 1, bias: bias as One }),
      // So far above 0, or below, that no step crosses it.
      inputs: () => [
        normals(1, 3, 4, 2),
        normals(3, 3, 2, 3).mul(0.1),
        normals(1, 3, 4, 3).sign().mul(4),
        normals(3).mul(0.1),
      ],
    },
  ],
  conv2dTranspose: [
    {
      compute: (x, filter) =>
        ops.conv2dTranspose(x as Four, filter as Four, { stride: 2, padding: 1, outputPadding: 1 }),
      inputs: () => [normals(2, 3, 4, 5), normals(3, 3, 4, 5)],
      step: 0.1,
    },
  ],
  depthwiseConv2d: [
    {
      of: "padded",
      compute: (x, filter) => ops.depthwiseConv2d(x as Four, filter as Four, { padding: 1 }),
      inputs: () => [normals(2, 5, 4, 3), normals(3, 3, 3, 1)],
      step: 0.1,
    },
    {
      of: "with strides",
      compute: (x, filter) => ops.depthwiseConv2d(x as Four, filter as Four, { stride: 2, padding: 2 }),
      inputs: () => [normals(1, 7, 8, 8), normals(5, 5, 8, 1)],
      step: 0.1,
    },
    {
      of: "with bias and ReLU6",
      compute: (x, filter, bias) => ops.depthwiseConv2d(x as Four, filter as Four, { bias: bias as One, relu6: true }),
      // One product for each output: none is near a kink.
      inputs: () => [positive(2, 3, 3, 8), awayFromZero(1, 1, 8, 1), tf.zeros([8])],
    },
  ],
  gelu: [{ compute: (x) => ops.gelu(x as tf.Tensor), inputs: () => [normals(4, 9).mul(2)] }],
  globalAveragePool: [
    { compute: (x) => ops.globalAveragePool(x as Four), inputs: () => [normals(2, 3, 4, 8)], step: 0.1 },
  ],
  globalMaxPool: [{ compute: (x) => ops.globalMaxPool(x as Four), inputs: () => [apart(2, 4, 3, 4)] }],
  groupNorm: [1, 2, 8].map((groups) => ({
    of: `${groups} groups`,
    compute: (x, scale, offset) => ops.groupNorm(x as tf.Tensor, scale as One, offset as One, { groups }),
    inputs: () => [normals(2, 3, 2, 8), positive(8), normals(8)],
  })),
  innerGradient: "takes a gradient itself",
  isRecording: "tells a state, and makes no tensor",
  layerNorm: [
    {
      compute: (x, scale, offset) => ops.layerNorm(x as tf.Tensor, scale as One, offset as One),
      inputs: () => [normals(2, 3, 11), positive(11), normals(11)],
    },
  ],
  linearMap: [
    {
      compute: (x, weight, bias) => ops.linearMap(x as tf.Tensor, weight as tf.Tensor2D, bias as One),
      inputs: () => [normals(2, 3, 5), normals(5, 7), normals(7)],
      step: 0.1,
    },
  ],
  logitDistance: ops.logitMeasures.map((measure) => ({
    of: measure,
    compute: (a, b) => ops.logitDistance(a as tf.Tensor2D, b as tf.Tensor2D, { measure, temperature: 2 }),
    inputs: () => [awayFromZero(3, 5), normals(3, 5).mul(0.01)],
  })),
  logitMeasures: "is a list of names",
  logSoftmax: [{ compute: (x) => ops.logSoftmax(x as tf.Tensor), inputs: () => [normals(4, 9)] }],
  maxPool: [
    { of: "overlapping", compute: (x) => ops.maxPool(x as Four), inputs: () => [apart(1, 6, 7, 3)] },
    {
      of: "not padded",
      compute: (x) => ops.maxPool(x as Four, { size: 2, padding: 0 }),
      inputs: () => [apart(2, 4, 4, 8)],
    },
  ],
  maxPoolForUnpooling: [
    { compute: (x) => ops.maxPoolForUnpooling(x as Four).pooled, inputs: () => [apart(2, 4, 6, 3)] },
  ],
  maxUnpool: [
    {
      compute: (values) => ops.maxUnpool(values as Four, ops.maxPoolForUnpooling(apart(2, 4, 6, 3) as Four)),
      inputs: () => [normals(2, 2, 3, 3)],
      step: 0.1,
    },
  ],
  resizedMaps: [
    {
      of: "larger",
      compute: (x) => ops.resizedMaps(x as tf.Tensor3D, 7, 5),
      inputs: () => [normals(2, 4, 3)],
      step: 0.1,
    },
    {
      of: "smaller",
      compute: (x) => ops.resizedMaps(x as tf.Tensor3D, 3, 4),
      inputs: () => [normals(2, 7, 6)],
      step: 0.1,
    },
  ],
  relu6: [
    // On both sides of both kinks.
    {
      compute: (x) => ops.relu6(x as tf.Tensor),
      inputs: () => [tf.concat([awayFromZero(4, 6), awayFromZero(4, 6).add(6)])],
    },
  ],
  replaceBox: [
    {
      compute: (x, content) => ops.replaceBox(x as Four, content as Four, { top: 1, left: 2 }),
      inputs: () => [normals(2, 5, 6, 3), normals(2, 3, 2, 3)],
      step: 0.1,
    },
  ],
  resizeMatrix: "makes an array, and takes no tensor",
  adamStep: "is not differentiated: it uses a gradient",
  adamRates: "numbers",
  adamSteps: "is not differentiated: it uses gradients",
  finiteness: "is not differentiated: it looks at gradients",
  movingAverage: "is not differentiated: what it averages is a constant to the gradient",
  sgdStep: "is not differentiated: it uses a gradient",
  sgdRates: "numbers",
  sgdSteps: "is not differentiated: it uses gradients",
  pointwiseDivergence: [
    {
      compute: (student, teacher) =>
        ops.pointwiseDivergence({ student: student as tf.Tensor2D, teacher: teacher as tf.Tensor2D }),
      inputs: () => [awayFromZero(3, 4), normals(3, 4).mul(0.01)],
    },
  ],
  selfAttention: [1, 2].map((heads) => ({
    of: `in ${heads} heads`,
    compute: (x) => ops.selfAttention(x as tf.Tensor3D, heads),
    inputs: () => [normals(2, 5, 12)],
  })),
  selfAttentionMaps: [
    { compute: (x) => ops.selfAttentionMaps(x as tf.Tensor3D, 2), inputs: () => [normals(2, 5, 12)] },
  ],
  silu: [{ compute: (x) => ops.silu(x as tf.Tensor), inputs: () => [normals(4, 9).mul(3)] }],
  softmax: [{ compute: (x) => ops.softmax(x as tf.Tensor), inputs: () => [normals(2, 3, 9)] }],
  spatialAttention: [{ compute: (x) => ops.spatialAttention(x as Four), inputs: () => [normals(2, 3, 4, 5)] }],
  stackMaps: [
    {
      compute: (a, b) => ops.stackMaps([a as tf.Tensor3D, b as tf.Tensor3D]),
      inputs: () => [normals(2, 2, 3), normals(2, 4, 3)],
      step: 0.1,
    },
  ],
  standardizedFilter: [{ compute: (x) => ops.standardizedFilter(x as Four), inputs: () => [normals(2, 2, 3, 4)] }],
  standardizedMaps: [{ compute: (x) => ops.standardizedMaps(x as tf.Tensor3D), inputs: () => [normals(3, 4, 4)] }],
  statisticsDistances: [
    {
      compute: (x, mean, variance) =>
        tf.addN([...ops.statisticsDistances({ input: x as Four, mean: mean as One, variance: variance as One })]),
      inputs: () => [normals(2, 3, 3, 4), tf.fill([4], 2), tf.fill([4], 5)],
      step: 0.1,
    },
  ],
  stopGradient: "has no gradient, which is what it is for",
  fusedKernels: "is the table of what engines may bring",
};

/** One after the other, each with its name. */
export const all = Object.entries(checks).flatMap(([name, entries]) =>
  typeof entries === "string" ? [] : entries.map((check) => ({ name, ...check, of: check.of ?? "" })),
);
