/** Operations that between them call every function of the addon, on small tensors. */
import * as tf from "@tensorflow/tfjs";
import * as ops from "../../../../../core/ops/index.js";
import { random } from "../both.js";

const kernel = (name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap = {}) =>
  tf.engine().runKernel(name, inputs, attributes);

const gradient = (run: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => tf.grad((value: tf.Tensor) => run(value).sum())(x);

/** Each by what it is; together they must reach every exported function. */
export const operations: Readonly<Record<string, () => unknown>> = {
  convolution: () => {
    const [x, filter] = [random([2, 9, 9, 16], 1), random([3, 3, 16, 8], 2)];
    const run = (input: tf.Tensor, weights: tf.Tensor) =>
      ops.conv2d(input as tf.Tensor4D, weights as tf.Tensor4D, { stride: 1, padding: 1 });
    tf.grads((input, weights) => run(input as tf.Tensor, weights as tf.Tensor).sum())([x, filter]);
    // The filter is kept packed from its second use on.
    for (let use = 0; use < 3; use++) run(x, filter);
    return tf.fused.conv2d({
      x: random([1, 5, 5, 3], 1) as tf.Tensor4D,
      filter: random([3, 3, 3, 8], 2) as tf.Tensor4D,
      strides: 1,
      pad: "same",
      bias: random([8]),
      activation: "relu",
    });
  },
  "depthwise convolution": () => {
    const [x, filter] = [random([2, 7, 7, 8], 1), random([3, 3, 8, 1], 2)];
    tf.grads((input, weights) => tf.depthwiseConv2d(input as tf.Tensor4D, weights as tf.Tensor4D, 1, "same").sum())([
      x,
      filter,
    ]);
    return tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, "same");
  },
  "matrix products": () => [
    tf.matMul(random([5, 7]), random([7, 3])),
    tf.matMul(random([4, 5, 7]), random([4, 3, 7]), false, true),
    tf.matMul(random([7, 5]), random([7, 3]), true),
  ],
  "element by element": () => {
    const [a, b] = [random([3, 1, 8], 1), random([4, 1], 2)];
    const [i, j] = [tf.tensor1d([1, -2, 3], "int32"), tf.tensor1d([3, -2, 1], "int32")];
    return [
      a.add(b),
      a.exp(),
      a.greater(b),
      i.mul(j),
      i.equal(j),
      tf.where(a.greater(0), a, a.neg()),
      a.clipByValue(0, 1),
    ];
  },
  reductions: () => {
    const x = random([4, 6, 5]);
    return [x.sum(), x.sum(0), x.sum([0, 1]), x.mean(-1), x.max(1), x.min(), x.argMax(1), x.argMin(-1)];
  },
  softmax: () => [
    gradient((x) => tf.softmax(x).square(), random([3, 5])),
    gradient((x) => tf.logSoftmax(x).square(), random([3, 5])),
    kernel("FgkdSoftmaxGrad", { dy: random([3, 5]), y: tf.softmax(random([3, 5])) }),
  ],
  "self-attention": () => gradient((x) => ops.selfAttention(x as tf.Tensor3D, 2).square(), random([2, 5, 12])),
  pooling: () => {
    const x = random([2, 6, 6, 8]) as tf.Tensor4D;
    return [
      gradient((input) => tf.maxPool(input as tf.Tensor4D, 3, 2, "same"), x),
      gradient((input) => tf.avgPool(input as tf.Tensor4D, 2, 2, "valid"), x),
    ];
  },
  "layer and group normalisation": () => {
    const [scale, offset] = [random([8], 2) as tf.Tensor1D, random([8], 3) as tf.Tensor1D];
    return [
      gradient((x) => ops.layerNorm(x, scale, offset).square(), random([5, 8])),
      gradient((x) => ops.groupNorm(x, scale, offset, { groups: 2 }).square(), random([2, 3, 3, 8])),
    ];
  },
  "layers of tokens": () => {
    const [scale, offset] = [random([8], 2) as tf.Tensor1D, random([8], 3) as tf.Tensor1D];
    const [weight, bias] = [random([8, 6], 4) as tf.Tensor2D, random([6], 5) as tf.Tensor1D];
    const tokens = (x: tf.Tensor) => ops.gelu(ops.linearMap(ops.layerNorm(x, scale, offset), weight, bias));
    return [gradient((x) => tokens(x).square(), random([2, 5, 8])), tokens(random([2, 5, 8])).sum([0, 1])];
  },
  "antialiased resize": () => gradient((x) => ops.antialiasedResize(x as tf.Tensor4D, [3, 9]), random([2, 6, 5, 3])),
  crops: () =>
    (["bilinear", "nearest"] as const).map((method) =>
      tf.image.cropAndResize(
        random([2, 6, 5, 3]) as tf.Tensor4D,
        tf.tensor2d([[0.1, 0, 0.9, 1.2]]),
        tf.tensor1d([1], "int32"),
        [4, 3],
        method,
      ),
    ),
  resize: () => gradient((x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 3]), random([2, 4, 4, 3])),
  "batch normalisation": () => {
    const [x, scale, offset] = [random([2, 3, 3, 8]), random([8], 2), random([8], 3)];
    const train = (input: tf.Tensor) =>
      ops.batchNormTraining(input as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, { relu: true })
        .normalized;
    return [
      gradient(train, x),
      ops.batchNormAddRelu(x, scale as tf.Tensor1D, offset as tf.Tensor1D, random([2, 3, 3, 8], 6)).normalized,
      tf.batchNorm(x, random([8], 4), random([8], 5, 0.5, 1), offset as tf.Tensor1D, scale as tf.Tensor1D, 1e-3),
    ];
  },
  "running averages": () => ops.movingAverage(random([8], 1), random([8], 2), { kept: 0.9, share: 0.1 }),
  layout: () => {
    const x = random([3, 4, 5]);
    return [
      x.transpose([2, 0, 1]),
      x.slice([1, 0, 2], [2, 3, 2]),
      x.pad([
        [1, 0],
        [0, 2],
        [1, 1],
      ]),
      tf.concat([x, x], 1),
      tf.gather(x, tf.tensor1d([2, 0, 1], "int32"), 1),
      tf.oneHot(tf.tensor1d([1, 0], "int32"), 3),
      x.cast("int32"),
      tf.fill([5], 3),
    ];
  },
  "blocks of channels": () => {
    const x = random([2, 5, 5, 16]) as tf.Tensor4D;
    const y = ops.conv2d(x, random([3, 3, 16, 16], 2) as tf.Tensor4D, { stride: 1, padding: 1 });
    return [y, y.transpose([0, 3, 1, 2])];
  },
  "fused optimiser step": () =>
    kernel(
      "FgkdSgd",
      { parameter: random([9], 1), gradient: random([9], 2), velocity: random([9], 3) },
      { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true },
    ),
  "fused step of Adam": () =>
    kernel(
      "FgkdAdam",
      { parameter: random([9], 1), gradient: random([9], 2), mean: random([9], 3), square: random([9], 4) },
      { rate: 0.1, beta1: 0.9, beta2: 0.999, correction: 0.001, epsilon: 1e-8, decay: 0.01, shrinkage: 1 },
    ),
};
