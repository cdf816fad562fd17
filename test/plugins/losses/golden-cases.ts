/** Every case of golden/losses.json as a function of what it is differentiated by. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { createTraining } from "../../../core/index.js";
import { spatialAttention } from "../../../core/ops/index.js";
import { crossEntropy, tokenDistillation } from "../../../plugins/index.js";
import {
  type DecoupledTerms,
  decoupledDistillationLoss,
  mixedDecoupledDistillationLoss,
} from "../../../plugins/losses/decoupled-distillation-loss.js";
import { distillationLoss } from "../../../plugins/losses/distillation-loss.js";
import { orthogonalLoss } from "../../../plugins/losses/orthogonal-loss.js";
import { mixedCrossEntropy, softmaxCrossEntropy } from "../../../plugins/losses/softmax-cross-entropy.js";
import { type GoldenLoss, type GoldenMaps, oneHot, relativeError } from "./golden.js";

/** Makes its tensors when it is called, on the engine of that moment. */
type Loss = (x: tf.Tensor) => tf.Scalar;

interface Kind {
  of(golden: GoldenLoss): Loss;
  /** Name of what is differentiated by. Default: the student's logits. */
  readonly by?: string;
  /** How near the value is, relative to it. Default 1e-5. */
  readonly near?: number;
  /** … and the gradient, relative to its largest. Default 1e-5. */
  readonly gradientNear?: number;
}

const teacher = ({ inputs }: GoldenLoss) => tf.tensor2d(inputs.teacherLogits as number[][]);
const labels = ({ inputs }: GoldenLoss, name = "labels") => oneHot(inputs[name] as number[], 9);
const weighted = ({ target, nonTarget }: DecoupledTerms, { alpha, beta }: GoldenLoss["options"]) =>
  target.mul(alpha).add<tf.Scalar>(nonTarget.mul(beta));

/** The terms of DeiT's loss, each at its weight. */
const token = (kind: "hard" | "soft"): Kind => ({
  by: "distLogits",
  near: 1e-6,
  of: (golden) => (distillationTokenLogits) => {
    const { temperature } = golden.options;
    const plugins = [
      crossEntropy({ token: "class", weight: 0.5 }),
      tokenDistillation({ kind, temperature, reduction: "elements", weight: 0.5 }),
    ];
    const outputs = {
      classTokenLogits: tf.tensor2d(golden.inputs.clsLogits as number[][]),
      distillationTokenLogits: distillationTokenLogits as tf.Tensor2D,
    };
    const batch = { labels: labels(golden), teacherLogits: teacher(golden) };
    const step = { epoch: 0, index: 0, progress: 0 };
    return tf.addN(Object.values(createTraining({ plugins }).hooks.loss.call({}, outputs, batch, step))).asScalar();
  },
});

const kinds: Readonly<Record<string, Kind>> = {
  kd: { of: (golden) => (z) => distillationLoss(z as tf.Tensor2D, teacher(golden), golden.options.temperature) },
  dkd: {
    gradientNear: 1e-4,
    of: (golden) => (z) =>
      weighted(
        decoupledDistillationLoss(z as tf.Tensor2D, teacher(golden), labels(golden), golden.options.temperature),
        golden.options,
      ),
  },
  "dkd-mix": {
    gradientNear: 1e-4,
    of: (golden) => (z) => {
      const { temperature, target } = golden.options;
      const both = [labels(golden, "labelsA"), labels(golden, "labelsB")] as const;
      return weighted(
        mixedDecoupledDistillationLoss(z as tf.Tensor2D, teacher(golden), ...both, temperature, target),
        golden.options,
      );
    },
  },
  "cross-entropy": {
    of: (golden) => (z) =>
      softmaxCrossEntropy(z as tf.Tensor2D, labels(golden), golden.options.smoothing)
        .mean()
        .asScalar(),
  },
  "mixed-cross-entropy": {
    of: (golden) => (z) =>
      mixedCrossEntropy(z as tf.Tensor2D, {
        labels: labels(golden, "labelsA"),
        otherLabels: labels(golden, "labelsB"),
        labelWeights: tf.tensor1d(golden.inputs.weightsA as number[]),
        otherLabelWeights: tf.tensor1d(golden.inputs.weightsB as number[]),
      }),
  },
  orthogonal: {
    by: "studentFeatures",
    near: 1e-6,
    of: (golden) => (x) => {
      const { teacherFeatures } = (golden as unknown as GoldenMaps).inputs;
      const maps = teacherFeatures.map((one) => spatialAttention(tf.tensor4d(one)));
      return orthogonalLoss(x as tf.Tensor4D, tf.stack(maps) as tf.Tensor4D);
    },
  },
  "deit-hard": token("hard"),
  "deit-soft": token("soft"),
};

/** The names of all losses that are pinned. */
export const goldenKinds: readonly string[] = Object.keys(kinds);

/** Compares a loss and its gradient, as the engine that is started computes them, with a case. */
export async function expectGolden(golden: GoldenLoss): Promise<void> {
  const { of, by = "studentLogits", near = 1e-5, gradientNear = 1e-5 } = kinds[golden.loss] as Kind;
  const { value, grad } = tf.tidy(() => tf.valueAndGrad((x) => of(golden)(x))(tf.tensor(golden.inputs[by] ?? [])));
  const [[loss = Number.NaN], gradient] = await Promise.all([value.data(), grad.data()]);
  tf.dispose([value, grad]);
  expect(Math.abs(loss - golden.value) / golden.value).toBeLessThan(near);
  const wanted = tf.util.flatten(golden.gradient) as number[];
  expect(relativeError([[...gradient]], [wanted])).toBeLessThan(gradientNear);
}
