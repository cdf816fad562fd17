/** A batch norm that ends a residual block as one kernel against two: for tests of every layout and precision. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { batchNormAddRelu, conv2d } from "../../../../core/ops/index.js";
import { random } from "./both.js";

/** Images; channels below, at and between the widths of vectors, in blocks of eight and not. */
export const blockEnds: [x: number[]][] = [
  [[2, 5, 7, 3]],
  [[3, 4, 5, 8]],
  [[2, 9, 7, 24]],
  [[5, 1, 1, 100]],
  [[2, 20, 20, 64]],
];

const name = "FgkdBatchNormAddRelu";

/** What comes of the work while the engine lacks the kernel, and while it has it; and how often it was asked for. */
export function withoutAndWith<T>(work: () => T): { readonly apart: T; readonly fused: T; readonly calls: number } {
  const kernel = tf.getKernel(name, "onednn");
  let calls = 0;
  tf.unregisterKernel(name, "onednn");
  try {
    const apart = work();
    const kernelFunc: tf.KernelFunc = (call) => {
      calls++;
      return kernel.kernelFunc(call);
    };
    tf.registerKernel({ ...kernel, kernelFunc });
    const fused = work();
    tf.unregisterKernel(name, "onednn");
    return { apart, fused, calls };
  } finally {
    tf.registerKernel(kernel);
  }
}

const bytes = (y: tf.Tensor) => Buffer.from(new Uint8Array((y.dataSync() as Float32Array).buffer)).toString("hex");

/** The same bytes of results, statistics and all four gradients, on the engine `onednn` as it runs. */
export function expectOneEnd(shape: number[]): void {
  const [channels] = shape.slice(-1) as [number];
  const work = (residualOf: (x: tf.Tensor4D) => tf.Tensor4D) => () =>
    tf.tidy(() => {
      const eye = tf.eye(channels).reshape([1, 1, channels, channels]) as tf.Tensor4D;
      // From a convolution, as in networks: so they are kept as the engine keeps images.
      const image = (seed: number) => conv2d(random(shape, seed) as tf.Tensor4D, eye);
      const [scale, offset] = [random([channels], 2, 0.5, 2), random([channels], 3)] as [tf.Tensor1D, tf.Tensor1D];
      const x = image(1);
      const residual = residualOf(image(4));
      const end = (...[x, scale, offset, residual]: tf.Tensor[]) =>
        batchNormAddRelu(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, residual as tf.Tensor);
      const { normalized, mean, variance } = end(x, scale, offset, residual);
      const dy = random(shape, 5);
      const loss = (...given: tf.Tensor[]) =>
        end(...given)
          .normalized.mul(dy)
          .sum();
      return [normalized, mean, variance, ...tf.grads(loss)([x, scale, offset, residual])].map(bytes);
    });
  // What is no number stays none, and what is infinite; kept as floats in every precision.
  const odd = (x: tf.Tensor4D) => {
    const special = tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]);
    return tf.concat([special, x.flatten().slice([4])]).reshape(shape) as tf.Tensor4D;
  };
  for (const residualOf of [(x: tf.Tensor4D) => x, odd]) {
    const { apart, fused, calls } = withoutAndWith(work(residualOf));
    // The value, and that which gradients are taken of.
    expect(calls).toBe(2);
    expect(fused).toEqual(apart);
  }
}
