/** What reaches each fused kernel: for tests that hold an engine's kernels against something else. */
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../../core/index.js";
import * as ops from "../../../core/ops/index.js";

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

/** One that is added to the table without a line here does not compile. */
export const uses: Readonly<Record<ops.FusedKernel, () => readonly tf.Tensor[]>> = {
  FgkdAddRelu: () => [ops.addRelu(images(), images().reverse(1))],
  FgkdConvAddRelu: () => [
    ops.conv2dAddRelu(images(), normals(3, 3, 8, 8) as tf.Tensor4D, images().reverse(1), {
      padding: 1,
      bias: normals(8) as tf.Tensor1D,
    }),
  ],
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
  FgkdBatchNormAddRelu: () => {
    const { normalized, mean, variance } = ops.batchNormAddRelu(
      images(),
      perChannel(1),
      perChannel(2),
      images().reverse(1),
    );
    const slope = gradient((x) => ops.batchNormAddRelu(x, perChannel(1), perChannel(2), images()).normalized);
    return [normalized, mean, variance, slope(images())];
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
  FgkdSgdOfAll: () => {
    const shared = { momentum: 0.9, nesterov: true };
    const options = [0.1, 0.2, 0.3].map((learningRate) => ({ learningRate, weightDecay: learningRate / 10 }));
    const steps = options.map((own, at) => {
      const [parameter, gradient, velocity] = [1, 2, 3].map((seed) => normals(4, 3 + at, seed).sum(2));
      return { parameter, gradient, velocity, own } as ops.SgdStepOfMany & { own: typeof own };
    });
    const each = () =>
      steps.map(({ parameter, gradient, velocity, own }) =>
        ops.sgdStep(parameter, gradient, velocity, { ...own, ...shared }),
      );
    const rates = tf.tensor2d(options.map((own) => [...ops.sgdRates(own)]));
    return (ops.sgdSteps(steps, rates, shared) ?? each()).flatMap(({ parameter, velocity }) => [parameter, velocity]);
  },
  FgkdAdamOfAll: () => {
    const shared = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: false };
    const options = [0.1, 0.2, 0.3].map((learningRate, at) => ({ learningRate, weightDecay: 0.1 * at, count: 3 + at }));
    const steps = options.map((own, at) => {
      const [parameter, gradient, mean, square] = [1, 2, 3, 4].map((seed) => normals(4, 3 + at, seed).sum(2));
      return { parameter, gradient, mean, square: square?.abs().add(0.1), own } as ops.AdamStepOfMany & {
        own: typeof own;
      };
    });
    const each = () =>
      steps.map(({ parameter, gradient, mean, square, own }) =>
        ops.adamStep(parameter, gradient, { mean, square }, { ...own, ...shared }),
      );
    const rates = tf.tensor2d(options.map((own) => [...ops.adamRates({ ...own, ...shared })]));
    return (ops.adamSteps(steps, rates, shared) ?? each()).flatMap((step) => [step.parameter, step.mean, step.square]);
  },
  FgkdNotFinite: () => ops.finiteness([normals(3, 7), normals(5), normals(2, 2)]).map((sum) => sum.mul(0)),
  FgkdMovingAverage: () => [
    ops.movingAverage(normals(4, 3), normals(3, 4).transpose(), { kept: 0.9, share: 0.1, factor: 1.25 }),
  ],
  FgkdAdam: () => {
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    const options = { learningRate: 0.1, beta1, beta2, epsilon, weightDecay: 0.1, decoupled: true, count: 3 };
    const moments = { mean: tf.ones([4, 3]), square: tf.ones([4, 3]) };
    return Object.values(ops.adamStep(normals(4, 3), normals(3, 4).transpose(), moments, options));
  },
};
