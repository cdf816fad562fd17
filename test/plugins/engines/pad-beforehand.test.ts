import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { conv2d, conv2dTranspose, maxPool } from "../../../core/ops/index.js";
import { padBeforehand } from "../../../plugins/engines/pad-beforehand.js";

/** TensorFlow's limits on the kernels of `cpu`: a padding that is no word is refused. */
const strict = "strict-cpu";

beforeAll(() => {
  tf.enableProdMode();
  const cpu = tf.findBackendFactory("cpu") as () => tf.KernelBackend;
  tf.registerBackend(strict, cpu);
  for (const kernel of tf.getKernelsForBackend("cpu")) {
    const kernelFunc: tf.KernelFunc = (call) => {
      const pad = call.attrs?.pad ?? "valid";
      if (typeof pad !== "string") throw new Error(`${kernel.kernelName} refuses pad ${pad}`);
      return kernel.kernelFunc(call);
    };
    tf.registerKernel({ ...kernel, backendName: strict, kernelFunc });
  }
});
afterAll(() => tf.removeBackend(strict));

const numbers = (...shape: number[]) =>
  tf.tensor4d(
    createRandom(`${shape}`).normals(tf.util.sizeFromShape(shape)),
    shape as [number, number, number, number],
  );

/** An operation of images and a filter, padded by numbers. */
const operations: Readonly<Record<string, (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor>> = {
  "a convolution": (x, filter) => conv2d(x, filter, { stride: 2, padding: 1 }),
  "a convolution with a bias and a ReLU": (x, filter) =>
    conv2d(x, filter, { padding: 1, bias: tf.tensor1d([0.1, 0.2, 0.3]), relu: true }),
  "a convolution with other numbers on every side": (x, filter) =>
    tf.conv2d(x, filter, 1, [
      [0, 0],
      [0, 1],
      [2, 1],
      [0, 0],
    ]),
  "a depthwise convolution": (x, filter) => tf.depthwiseConv2d(x, filter, 1, 1),
  "a transposed convolution": (x, filter) =>
    conv2dTranspose(x, filter.transpose<tf.Tensor4D>([0, 1, 3, 2]), { stride: 2, padding: 1, outputPadding: 1 }),
  "a maximum": (x) => maxPool(x, { size: 3, stride: 2, padding: 1 }),
};

/** Result and gradients. */
async function compute(backend: string, operation: (typeof operations)[string]) {
  await tf.setBackend(backend);
  const [x, filter] = [numbers(2, 7, 6, 2), numbers(3, 3, 2, 3)];
  const value = tf.tidy(() => operation(x, filter).dataSync());
  const sum = (x: tf.Tensor, filter: tf.Tensor) =>
    operation(x as tf.Tensor4D, filter as tf.Tensor4D)
      .mul(0.5)
      .square()
      .sum()
      .add(filter.sum())
      .asScalar();
  const gradients = tf
    .grads(sum)([x, filter.mul(1)])
    .map((gradient) => gradient.dataSync());
  return [value, ...gradients].map((values) => [...values]);
}

describe("padding beforehand", () => {
  test.each(Object.entries(operations))(
    "lets a backend of two paddings compute %s, and its gradients",
    async (...[, operation]) => {
      padBeforehand("cpu-that-is-not-there");
      padBeforehand(strict);
      padBeforehand(strict);
      const expected = await compute("cpu", operation);
      const actual = await compute(strict, operation);
      expect(actual.length).toBe(expected.length);
      for (const [index, values] of actual.entries()) {
        const wanted = expected[index] as number[];
        expect(values.length).toBe(wanted.length);
        for (const [at, value] of values.entries()) expect(value).toBeCloseTo(wanted[at] as number, 4);
      }
    },
  );

  test("leaves no tensor behind", async () => {
    padBeforehand(strict);
    await tf.setBackend(strict);
    const x = numbers(2, 7, 6, 2);
    const before = tf.memory().numTensors;
    const buffers = tf.memory().numDataBuffers;
    tf.tidy(() => maxPool(x, { size: 3, stride: 2, padding: 1 }).dataSync());
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.memory().numDataBuffers).toBe(buffers);
  });
});
