/** The end of a residual block as one kernel against a convolution, and then an addition and a ReLU: for tests of either layout. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { addRelu, conv2d, conv2dAddRelu } from "../../../../core/ops/index.js";
import { random } from "./both.js";

/** Images, filter, stride, padding. */
type Case = [way: string, x: number[], filter: number[], stride: number, padding: number];

export const residualCases: Case[] = [
  ["a product, in whole tiles", [2, 12, 8, 64], [1, 1, 64, 128], 1, 0],
  ["a product, in parts of tiles and of the depth", [1, 7, 9, 700], [1, 1, 700, 40], 1, 0],
  ["a product of every other pixel", [2, 9, 8, 24], [1, 1, 24, 72], 2, 0],
  ["a product of channels that fill no block", [3, 5, 5, 10], [1, 1, 10, 7], 1, 0],
  ["Winograd's algorithm, with tiles over the border", [2, 9, 10, 32], [3, 3, 32, 40], 1, 1],
  ["Winograd's algorithm, of many channels", [1, 8, 8, 320], [3, 3, 320, 64], 1, 1],
  ["oneDNN", [2, 9, 9, 16], [3, 3, 16, 24], 2, 1],
  ["oneDNN, of few channels", [2, 9, 9, 3], [3, 3, 3, 5], 1, 1],
];

/** How often a kernel is run by the work. */
function calls(name: string, work: () => void): number {
  const kernel = tf.getKernel(name, "onednn");
  let count = 0;
  tf.unregisterKernel(name, "onednn");
  const counting: tf.KernelFunc = (call) => {
    count++;
    return kernel.kernelFunc(call);
  };
  tf.registerKernel({ ...kernel, kernelFunc: counting });
  try {
    work();
  } finally {
    tf.unregisterKernel(name, "onednn");
    tf.registerKernel(kernel);
  }
  return count;
}

const bytes = (y: tf.Tensor) => Buffer.from(new Uint8Array((y.dataSync() as Float32Array).buffer)).toString("hex");

/** The same bytes, on the engine `onednn` as it runs. */
export function expectOneKernel([, shape, filterShape, stride, padding]: Case): void {
  tf.tidy(() => {
    const [x, filter] = [random(shape, 1), random(filterShape, 2)] as [tf.Tensor4D, tf.Tensor4D];
    const bias = random([filterShape[3] as number], 3) as tf.Tensor1D;
    const apart = conv2d(x, filter, { stride, padding, bias });
    // What is no number stays none, and a zero keeps its sign.
    const residual = random(apart.shape, 4).where(random(apart.shape, 5).less(0.9), Number.NaN) as tf.Tensor4D;
    let fused: tf.Tensor | undefined;
    const count = calls("FgkdConvAddRelu", () => {
      fused = conv2dAddRelu(x, filter, residual, { stride, padding, bias });
    });
    expect(count).toBe(1);
    expect(bytes(fused as tf.Tensor)).toBe(bytes(addRelu(apart, residual)));
    const opposite: tf.Tensor4D = apart.neg();
    expect(bytes(conv2dAddRelu(x, filter, opposite, { stride, padding, bias }))).toBe(bytes(addRelu(apart, opposite)));
  });
}
