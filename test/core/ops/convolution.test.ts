import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { conv2d, conv2dAddRelu } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (shape: [number, number, number, number], seed: string) =>
  tf.tensor4d(createRandom(seed).normals(tf.util.sizeFromShape(shape)), shape);

/** By the definition: seven loops. */
function naive(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): number[][][][] {
  const [images, kernels] = [x.arraySync(), filter.arraySync()];
  const [, height, width, from] = x.shape;
  const [size, , , to] = filter.shape;
  const side = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  const at = (image: number, row: number, column: number, channel: number) => {
    let sum = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        for (let c = 0; c < from; c++)
          sum +=
            (images[image]?.[row * stride + i - padding]?.[column * stride + j - padding]?.[c] ?? 0) *
            (kernels[i]?.[j]?.[c]?.[channel] as number);
    return sum;
  };
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  return range(x.shape[0]).map((n) =>
    range(side(height)).map((row) => range(side(width)).map((column) => range(to).map((c) => at(n, row, column, c)))),
  );
}

const cases = [
  { size: 3, stride: 1, padding: 1, height: 6, width: 5 },
  { size: 3, stride: 2, padding: 1, height: 7, width: 8 },
  { size: 7, stride: 2, padding: 3, height: 11, width: 10 },
  { size: 1, stride: 1, padding: 0, height: 4, width: 4 },
  { size: 1, stride: 2, padding: 0, height: 5, width: 6 },
];

describe.each(engineNames)("convolution on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  describe.each(cases)(
    "of size $size, stride $stride, padding $padding",
    ({ size, stride, padding, height, width }) => {
      const make = () => ({ x: normals([2, height, width, 3], "x"), filter: normals([size, size, 3, 4], "filter") });

      test("agrees with the definition, written naively", () => {
        const { x, filter } = make();
        expect(conv2d(x, filter, { stride, padding })).toBeAllclose(naive(x, filter, stride, padding), {
          absolute: 1e-4,
        });
      });

      test("has the gradients that finite differences give", () => {
        const { x, filter } = make();
        const compute = (x: tf.Tensor, f: tf.Tensor) => conv2d(x as tf.Tensor4D, f as tf.Tensor4D, { stride, padding });
        // Linear in each input, so a large step costs nothing and drowns the rounding.
        expect(gradientError(compute, [x, filter], { step: 0.5 })).toBeLessThan(1e-3);
        const withBias = (x: tf.Tensor, f: tf.Tensor, bias: tf.Tensor) =>
          conv2d(x as tf.Tensor4D, f as tf.Tensor4D, { stride, padding, bias: bias as tf.Tensor1D });
        expect(gradientError(withBias, [x, filter, tf.tensor1d([1, -2, 0, 3])], { step: 0.5 })).toBeLessThan(1e-3);
      });
    },
  );

  test("adds a residual before a ReLU, in evaluation and with its gradients", () => {
    const [x, filter] = [normals([2, 5, 6, 8], "x"), normals([3, 3, 8, 4], "filter")];
    const [residual, bias] = [normals([2, 5, 6, 4], "residual"), tf.tensor1d([1, -2, 0, 3])];
    const options = { padding: 1, bias };
    const wanted = naive(x, filter, 1, 1).map((image) =>
      image.map((row) => row.map((pixel) => pixel.map((sum, c) => sum + ([1, -2, 0, 3][c] as number)))),
    );
    const expected = tf.tensor4d(wanted).add(residual).relu();
    expect(conv2dAddRelu(x, filter, residual, options)).toBeAllclose(expected.arraySync() as number[][][][], {
      absolute: 1e-4,
    });
    const slopes = (compute: (x: tf.Tensor4D, residual: tf.Tensor4D) => tf.Tensor4D) =>
      tf.grads((x, residual) => compute(x as tf.Tensor4D, residual as tf.Tensor4D))([x, residual]);
    const apart = slopes((x, residual) => tf.relu(tf.add(conv2d(x, filter, options), residual)));
    for (const [at, slope] of slopes((x, residual) => conv2dAddRelu(x, filter, residual, options)).entries())
      expect(slope).toBeAllclose(apart[at]?.arraySync() as number[][][][], { absolute: 1e-4 });
    expect(() => conv2dAddRelu(x, filter, residual, options).dispose()).not.toLeak();
  });

  test("says what does not fit, with a bias as without", () => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 4, 4, 2]), normals([3, 3, 2, 2], "filter")];
    const bias = tf.tensor1d([1, 2]);
    expect(() => conv2d(x.toInt(), filter, { bias })).toThrow("must be float32 tensor, but got int32");
    expect(() => conv2d(tf.ones([1, 4, 4, 3]), filter, { bias, relu: true })).toThrow("depth of input (3) must match");
    expect(() => conv2dAddRelu(tf.ones([1, 4, 4, 3]), filter, x, { bias })).toThrow("depth of input (3) must match");
  });

  test("refuses a gradient to those who run its fused kernel with an activation themselves", () => {
    const [x, filter, bias] = [normals([1, 4, 4, 2], "x"), normals([3, 3, 2, 2], "filter"), tf.tensor1d([1, 2])];
    const attributes = { strides: 1, pad: "valid", dataFormat: "NHWC", dilations: 1, activation: "relu" };
    const run = (f: tf.Tensor) => tf.engine().runKernel<tf.Tensor>("FusedConv2D", { x, filter: f, bias }, attributes);
    expect(() => tf.grad(run)(filter)).toThrow("no gradient of a convolution with relu");
  });

  test("computes no gradient of images that nobody asks for, with a bias or without", async () => {
    const [x, filter, bias] = [normals([1, 5, 5, 2], "x"), normals([3, 3, 2, 2], "filter"), tf.tensor1d([1, 2])];
    const plain = (f: tf.Tensor) => conv2d(x, f as tf.Tensor4D);
    const withBias = (f: tf.Tensor, b: tf.Tensor) => conv2d(x, f as tf.Tensor4D, { bias: b as tf.Tensor1D });
    for (const gradients of [() => tf.grads(plain)([filter]), () => tf.grads(withBias)([filter, bias])]) {
      const { kernelNames } = await tf.profile(gradients);
      expect(kernelNames).toContain("Conv2DBackpropFilter");
      expect(kernelNames).not.toContain("Conv2DBackpropInput");
    }
  });

  test("leaks no tensor", () => {
    const [x, filter] = [normals([1, 5, 5, 2], "x"), normals([3, 3, 2, 2], "filter")];
    expect(() => conv2d(x, filter, { padding: 1 }).dispose()).not.toLeak();
    const loss = (x: tf.Tensor) => conv2d(x as tf.Tensor4D, filter, { padding: 1 }).sum();
    expect(() => tf.grad(loss)(x).dispose()).not.toLeak();
  });
});

describe("convolution on an engine that knows no numeric padding", () => {
  test("gives the same, with zeros around the images", async () => {
    await startEngine("cpu");
    const [x, filter] = [normals([1, 5, 6, 2], "x"), normals([3, 3, 2, 3], "filter")];
    const wanted = conv2d(x, filter, { stride: 2, padding: 1 });
    // The cpu engine under the name of tfjs-node's.
    tf.registerBackend("tensorflow", () => tf.findBackend("cpu"), 0);
    tf.copyRegisteredKernels("cpu", "tensorflow");
    await tf.setBackend("tensorflow");
    try {
      expect(conv2d(x, filter, { stride: 2, padding: 1 })).toBeAllclose(wanted);
      const compute = (x: tf.Tensor, f: tf.Tensor) =>
        conv2d(x as tf.Tensor4D, f as tf.Tensor4D, { stride: 2, padding: 1 });
      expect(gradientError(compute, [x, filter], { step: 0.5 })).toBeLessThan(1e-3);
    } finally {
      await startEngine("cpu");
      tf.removeBackend("tensorflow");
    }
  });
});
