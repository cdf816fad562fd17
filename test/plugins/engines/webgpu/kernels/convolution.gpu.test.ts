import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, startGpu } from "../../../../support/gpu.js";
import { greatestDifference, random, tensorOf, withNan } from "../../../../support/gpu-sums.js";

type Pad = "same" | "valid" | number;

interface Case {
  readonly x: [batch: number, height: number, width: number, channels: number];
  readonly filter: [height: number, width: number];
  readonly out: number;
  readonly stride: number | [number, number];
  readonly pad: Pad;
}

/** Channels that fours divide and that they do not; sides even and odd; every stride and padding; filters as large as images. */
const cases: readonly Case[] = [
  { x: [1, 7, 7, 3], filter: [3, 3], out: 5, stride: 1, pad: "same" },
  { x: [3, 9, 8, 4], filter: [3, 3], out: 8, stride: 2, pad: 1 },
  { x: [1, 12, 9, 3], filter: [7, 7], out: 8, stride: 2, pad: 3 },
  { x: [1, 5, 6, 64], filter: [3, 3], out: 64, stride: 1, pad: 1 },
  { x: [2, 8, 7, 16], filter: [1, 1], out: 12, stride: 2, pad: "valid" },
  { x: [3, 4, 5, 5], filter: [1, 1], out: 64, stride: 1, pad: "same" },
  { x: [1, 10, 11, 5], filter: [2, 3], out: 4, stride: 3, pad: "same" },
  { x: [1, 7, 8, 4], filter: [4, 2], out: 3, stride: [1, 2], pad: "valid" },
  { x: [2, 8, 8, 4], filter: [4, 4], out: 16, stride: 4, pad: "valid" },
];

const name = ({ x, filter, out, stride, pad }: Case) => `${x} with ${filter} to ${out}, stride ${stride}, pad ${pad}`;
const named = cases.map((one) => [name(one), one] as const);

const filterOf = ({ x, filter, out }: Case): [number, number, number, number] => [...filter, x[3], out];

describe.skipIf(!hasGpu)("convolutions on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(named)("forward: %s", async (_, one) => {
    const inputs = [random(1, one.x), random(2, filterOf(one))];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, one.stride, one.pad);
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test.each(named)("gradients: %s", async (_, one) => {
    const { outShape } = tf.backend_util.computeConv2DInfo(one.x, filterOf(one), one.stride, 1, one.pad);
    const [x, filter, dy] = [random(1, one.x), random(2, filterOf(one)), random(3, outShape)];
    const attributes = { strides: one.stride, pad: one.pad, dataFormat: "NHWC" };
    const run = (kernel: string, inputs: tf.NamedTensorMap, shape: object) =>
      tf.engine().runKernel(kernel, inputs, { ...attributes, ...shape }) as tf.Tensor;
    const ofInput = (dy: tf.Tensor, filter: tf.Tensor) =>
      run(tf.Conv2DBackpropInput, { dy, filter }, { inputShape: one.x });
    expect(await greatestDifference([dy, filter], ofInput)).toBeLessThan(2e-6);
    const ofFilter = (x: tf.Tensor, dy: tf.Tensor) =>
      run(tf.Conv2DBackpropFilter, { x, dy }, { filterShape: filterOf(one) });
    expect(await greatestDifference([x, dy], ofFilter)).toBeLessThan(2e-6);
  });

  test("a dilated filter", async () => {
    const inputs = [random(1, [2, 11, 9, 4]), random(2, [3, 3, 4, 8])];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", [2, 3]);
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test("padding of its own on each side", async () => {
    const inputs = [random(1, [1, 6, 7, 3]), random(2, [3, 3, 3, 4])];
    const pads: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pads);
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test("a transposed one", async () => {
    const inputs = [random(1, [2, 4, 4, 8]), random(2, [4, 4, 3, 8])];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 8, 8, 3], 2, "same");
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test("a bias and a ReLU in the same pass", async () => {
    const inputs = [random(1, [2, 5, 5, 4]), random(2, [3, 3, 4, 5]), random(3, [5])];
    const convolve = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
      tf.fused.conv2d({
        ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias: bias as tf.Tensor1D },
        ...{ strides: 1, pad: "same", activation: "relu" },
      });
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test("NaN in an image reaches those pixels that see it, in both directions", async () => {
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1) as tf.Tensor;
    const [x, filter, dy] = [random(1, [2, 8, 8, 3]), random(2, [3, 3, 3, 4]), random(3, [2, 4, 4, 4])];
    expect(await greatestDifference([withNan(x, 150), filter], convolve)).toBeLessThan(2e-6);
    const attributes = { strides: 2, pad: 1, dataFormat: "NHWC", inputShape: [2, 8, 8, 3] };
    const gradient = (dy: tf.Tensor, filter: tf.Tensor) =>
      tf.engine().runKernel(tf.Conv2DBackpropInput, { dy, filter }, attributes) as tf.Tensor;
    expect(await greatestDifference([withNan(dy, 70), filter], gradient)).toBeLessThan(2e-6);
  });

  test("channels first are left to tfjs", async () => {
    const inputs = [random(1, [1, 3, 6, 6]), random(2, [3, 3, 3, 4])];
    await startGpu();
    const [x, filter] = inputs.map(tensorOf) as [tf.Tensor4D, tf.Tensor4D];
    const y = tf.conv2d(x, filter, 1, "valid", "NCHW");
    const same = tf.conv2d(x.transpose<tf.Tensor4D>([0, 2, 3, 1]), filter, 1, "valid").transpose([0, 3, 1, 2]);
    expect(y.shape).toEqual([1, 4, 4, 4]);
    expect(Math.max(...(await y.sub(same).abs().data()))).toBeLessThan(1e-5);
  });
});
