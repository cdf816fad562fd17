/**
 * Each fused kernel of each engine against what runs where it is lacking, which the operations' tests hold against
 * definitions. An engine may bring any of them: a forward kernel without its gradient, or a gradient alone.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import * as ops from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";

type Shape = [number, number, number, number];

const normals = (...shape: number[]) =>
  tf.tensor(createRandom(`${shape}`).normals(tf.util.sizeFromShape(shape)), shape);
const images = () => normals(2, 5, 4, 8) as tf.Tensor4D;
const perChannel = (seed: number) => normals(1, seed, 8).abs().add(0.5).slice([0, 0], [1, 1]).reshape<tf.Tensor1D>([8]);

const gradient = (f: (x: tf.Tensor) => tf.Tensor) =>
  tf.grad((x: tf.Tensor) => {
    const y = f(x);
    return y.mul(normals(...y.shape)).sum();
  });

/** What reaches each kernel: one that is added to the table without a line here does not compile. */
const uses: Readonly<Record<ops.FusedKernel, () => readonly tf.Tensor[]>> = {
  FgkdAddRelu: () => [ops.addRelu(images(), images().reverse(1))],
  FgkdReluGrad: () => [gradient((x) => ops.addRelu(x, images()))(images())],
  FgkdGelu: () => [ops.gelu(images())],
  FgkdGeluGrad: () => [gradient(ops.gelu)(images())],
  FgkdLogSoftmax: () => [ops.logSoftmax(normals(3, 7))],
  FgkdSoftmaxGrad: () => [gradient(ops.softmax)(normals(3, 7))],
  FgkdLogSoftmaxGrad: () => [gradient(ops.logSoftmax)(normals(3, 7))],
  FgkdSelfAttention: () => [ops.selfAttention(normals(2, 7, 36) as tf.Tensor3D, 3)],
  FgkdSelfAttentionGrad: () => [gradient((x) => ops.selfAttention(x as tf.Tensor3D, 3))(normals(2, 7, 36))],
  FgkdBatchNormInference: () => [
    ops.batchNormInference(images(), perChannel(1), perChannel(2), perChannel(3), perChannel(4), { relu: true }),
  ],
  FgkdBatchNormTraining: () => {
    const { normalized, mean, variance } = ops.batchNormTraining(images(), perChannel(1), perChannel(2), {
      relu: true,
    });
    return [normalized, mean, variance, ...uses.FgkdBatchNormTrainingGrad()];
  },
  FgkdBatchNormTrainingGrad: () => [
    gradient((x) => ops.batchNormTraining(x, perChannel(1), perChannel(2), { relu: true }).normalized)(images()),
  ],
  FgkdLayerNorm: () => [ops.layerNorm(images(), perChannel(1), perChannel(2)), ...uses.FgkdLayerNormGrad()],
  FgkdLayerNormGrad: () => [gradient((x) => ops.layerNorm(x, perChannel(1), perChannel(2)))(images())],
  FgkdGroupNorm: () => [
    ops.groupNorm(images(), perChannel(1), perChannel(2), { groups: 4 }),
    ...uses.FgkdGroupNormGrad(),
  ],
  FgkdGroupNormGrad: () => [gradient((x) => ops.groupNorm(x, perChannel(1), perChannel(2), { groups: 4 }))(images())],
  FgkdResizeAntialiased: () => [ops.antialiasedResize(images(), [3, 7])],
  FgkdReplaceBox: () => [
    ops.replaceBox(images(), normals(2, 2, 3, 8).reshape<tf.Tensor4D>([2, 2, 3, 8] as Shape), { top: 1, left: 1 }),
  ],
  FgkdSgd: () => {
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true };
    return Object.values(ops.sgdStep(normals(4, 3), normals(3, 4).transpose(), tf.ones([4, 3]), options));
  },
  FgkdAdam: () => {
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    const options = { learningRate: 0.1, beta1, beta2, epsilon, weightDecay: 0.1, decoupled: true, count: 3 };
    const moments = { mean: tf.ones([4, 3]), square: tf.ones([4, 3]) };
    return Object.values(ops.adamStep(normals(4, 3), normals(3, 4).transpose(), moments, options));
  },
};

/** Runs the body on an engine that lacks the kernel; returns also how often it was asked for while it had it. */
function withAndWithout(name: string, body: () => readonly tf.Tensor[]) {
  const backend = tf.getBackend();
  const kernel = tf.getKernel(name, backend);
  let calls = 0;
  const counting: tf.KernelConfig = {
    ...kernel,
    kernelFunc: (call) => {
      calls++;
      return kernel.kernelFunc(call);
    },
  };
  tf.unregisterKernel(name, backend);
  try {
    const composed = body().map((tensor) => tensor.dataSync());
    tf.registerKernel(counting);
    const fused = body().map((tensor) => tensor.dataSync());
    tf.unregisterKernel(name, backend);
    return { composed, fused, calls };
  } finally {
    tf.registerKernel(kernel);
  }
}

describe.each(engineNames)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("every kernel that is fgkd's own stands in the table", async () => {
    await startEngine(engine);
    const own = tf.getKernelsForBackend(engine).map(({ kernelName }) => kernelName);
    for (const name of own.filter((name) => name.startsWith("Fgkd")))
      expect(Object.keys(ops.fusedKernels)).toContain(name);
  });

  test.each(Object.keys(uses) as ops.FusedKernel[])(
    "%s, where it is there, computes what runs without it",
    async (name) => {
      await startEngine(engine);
      if (tf.getKernel(name, engine) == null) {
        // Then its composition is all there is, and runs.
        tf.tidy(() => void uses[name]());
        return;
      }
      const { composed, fused, calls } = tf.tidy(() => withAndWithout(name, uses[name]) as never) as ReturnType<
        typeof withAndWithout
      >;
      expect(calls).toBeGreaterThan(0);
      expect(fused.length).toBe(composed.length);
      for (const [index, values] of fused.entries()) {
        const wanted = composed[index] as typeof values;
        expect(values.length).toBe(wanted.length);
        for (const [at, value] of values.entries()) expect(value).toBeCloseTo(wanted[at] as number, 4);
      }
    },
  );
});
