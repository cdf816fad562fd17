import * as tf from "@tensorflow/tfjs";
import { describe, expect, test, vi } from "vitest";
import { gelu, layerNorm, softmax } from "../../../../core/ops/index.js";
import { report } from "../../../../plugins/engines/onednn/trace.js";
import { available, expectSame, random, resultsOn } from "./both.js";

// Read when the engine is loaded, so before the imports.
vi.hoisted(() => {
  process.env.FGKD_TRACE = "fallbacks";
});

/** `[…, in]` to `[…, out]`, as one product of matrices with a bias. */
function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const [inside = 0, outside = 0] = weight.shape;
  const rows = x.reshape<tf.Tensor2D>([-1, inside]);
  return tf.fused.matMul({ a: rows, b: weight as tf.Tensor2D, bias }).reshape([...x.shape.slice(0, -1), outside]);
}

const [batch, tokens, width, heads, hidden] = [2, 11, 24, 3, 96];
const depth = width / heads;

/** A block of a vision transformer: attention of several heads and a perceptron, each after a layer's norm. */
function block(...inputs: tf.Tensor[]): tf.Tensor {
  // As many as `inputsOf` makes.
  const [x, s1, o1, wQkv, bQkv, wOut, bOut, s2, o2, w1, b1, w2, b2] = inputs as [tf.Tensor, ...Twelve];
  const normed = layerNorm(x, s1 as tf.Tensor1D, o1 as tf.Tensor1D);
  const parts = linear(normed, wQkv, bQkv).reshape([batch, tokens, 3, heads, depth]).transpose([2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(parts) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const attention = softmax(tf.matMul(q.mul(depth ** -0.5), k, false, true));
  const attended = tf.matMul(attention, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
  const y = x.add(linear(attended, wOut, bOut));
  const perceptron = linear(gelu(linear(layerNorm(y, s2 as tf.Tensor1D, o2 as tf.Tensor1D), w1, b1)), w2, b2);
  return y.add(perceptron);
}

type T = tf.Tensor;
type Twelve = [T, T, T, T, T, T, T, T, T, T, T, T];

function inputsOf(): tf.Tensor[] {
  const shapes = [
    ...[[batch, tokens, width], [width], [width], [width, 3 * width], [3 * width], [width, width], [width]],
    ...[[width], [width], [width, hidden], [hidden], [hidden, width], [width]],
  ];
  return shapes.map((shape, i) => random(shape, i + 1));
}

/** Depthwise 7×7, a layer's norm and a perceptron, as in ConvNeXt. */
function convolutional(...inputs: tf.Tensor[]): tf.Tensor {
  const [x, filter, scale, offset, w1, b1, w2, b2] = inputs as [T, T, T, T, T, T, T, T];
  const near = tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
  const normed = layerNorm(near, scale as tf.Tensor1D, offset as tf.Tensor1D);
  return x.add(linear(gelu(linear(normed, w1, b1)), w2, b2));
}

const forConvolutional = () =>
  [[2, 9, 9, 16], [7, 7, 16, 1], [16], [16], [16, 64], [64], [64, 16], [16]].map((shape, i) => random(shape, i + 1));

const withGradients = (run: (...inputs: T[]) => T, inputs: T[]) => [
  run(...inputs),
  ...tf.grads((...parts) =>
    run(...parts)
      .square()
      .mean(),
  )(inputs),
];

describe.skipIf(!available)("networks of layers that are not convolutional ones", () => {
  test("a transformer's block equals tfjs', with the gradients of all its parameters", async () => {
    await expectSame(() => withGradients(block, inputsOf()), 3e-5);
  });
  test("a ConvNeXt's block equals tfjs', with the gradients of all its parameters", async () => {
    await expectSame(() => withGradients(convolutional, forConvolutional()), 3e-5);
  });
  test("both run on native kernels alone", async () => {
    await resultsOn("onednn", () => withGradients(block, inputsOf()));
    await resultsOn("onednn", () => withGradients(convolutional, forConvolutional()));
    expect(report()).toEqual([]);
    // The list is no empty promise: another kernel does stand in it.
    await resultsOn("onednn", () => tf.atan(random([3])));
    expect(report()).toEqual([expect.stringContaining("fallback Atan: 1 calls")]);
  });
});
