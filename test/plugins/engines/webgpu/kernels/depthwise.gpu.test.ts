import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, startGpu } from "../../../../support/gpu.js";
import { greatestDifference, random, withNan } from "../../../../support/gpu-sums.js";

interface Case {
  readonly x: [batch: number, height: number, width: number, channels: number];
  readonly filter: [height: number, width: number];
  readonly multiplier: number;
  readonly stride: number;
  readonly pad: "same" | "valid" | number;
  readonly dilation: number;
}

const cases: readonly Case[] = [
  { x: [3, 9, 10, 8], filter: [7, 7], multiplier: 1, stride: 1, pad: 3, dilation: 1 },
  { x: [1, 8, 7, 64], filter: [3, 3], multiplier: 1, stride: 2, pad: 1, dilation: 1 },
  { x: [2, 7, 9, 5], filter: [3, 5], multiplier: 1, stride: 1, pad: "same", dilation: 1 },
  { x: [1, 10, 11, 3], filter: [5, 3], multiplier: 1, stride: 3, pad: "valid", dilation: 1 },
  { x: [2, 6, 7, 4], filter: [3, 3], multiplier: 2, stride: 1, pad: "same", dilation: 1 },
  { x: [1, 9, 9, 4], filter: [3, 3], multiplier: 1, stride: 1, pad: "same", dilation: 2 },
];

const named = cases.map((one) => {
  const { x, filter, multiplier, stride, pad, dilation } = one;
  return [`${x} with ${filter}, ${multiplier} each, stride ${stride}, pad ${pad}, dilation ${dilation}`, one] as const;
});

const filterOf = ({ x, filter, multiplier }: Case): [number, number, number, number] => [...filter, x[3], multiplier];

describe.skipIf(!hasGpu)("depthwise convolutions on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(named)("forward: %s", async (_, one) => {
    const inputs = [random(1, one.x), random(2, filterOf(one))];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, one.stride, one.pad, "NHWC", one.dilation);
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });

  test.each(named.filter(([, { dilation }]) => dilation === 1))("gradients: %s", async (_, one) => {
    const { outShape } = tf.backend_util.computeConv2DInfo(
      one.x,
      filterOf(one),
      one.stride,
      1,
      one.pad,
      undefined,
      true,
    );
    const [x, filter, dy] = [random(1, one.x), random(2, filterOf(one)), random(3, outShape)];
    const attributes = { strides: one.stride, pad: one.pad, dilations: 1 };
    const run = (kernel: string, inputs: tf.NamedTensorMap, shape: object) =>
      tf.engine().runKernel(kernel, inputs, { ...attributes, ...shape }) as tf.Tensor;
    const ofInput = (dy: tf.Tensor, filter: tf.Tensor) =>
      run(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, { inputShape: one.x });
    expect(await greatestDifference([dy, filter], ofInput)).toBeLessThan(2e-6);
    const ofFilter = (x: tf.Tensor, dy: tf.Tensor) =>
      run(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { filterShape: filterOf(one) });
    expect(await greatestDifference([x, dy], ofFilter)).toBeLessThan(2e-6);
  });

  test("a bias and a ReLU in the same pass; NaN stays", async () => {
    const inputs = [withNan(random(1, [1, 6, 6, 4]), 60), random(2, [3, 3, 4, 1]), random(3, [4])];
    const convolve = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
      tf.fused.depthwiseConv2d({
        ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias: bias as tf.Tensor1D },
        ...{ strides: 1, pad: "same", activation: "relu" },
      });
    expect(await greatestDifference(inputs, convolve)).toBeLessThan(2e-6);
  });
});
