import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, type Model, type Random } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { choose, training } from "./building.js";

beforeAll(() => startEngine("wasm"));

describe("every registered backbone", () => {
  /** Cheap, with about the right spread: millions of properly drawn weights are not what is tested here. */
  const quick: Random = {
    ...createRandom(0),
    next: () => 0.6,
    normals: (length) =>
      Float32Array.from({ length }, (_, index) => ((Math.imul(index, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5) * 3.4),
  };
  /** Options without which it cannot be built, or would take seconds: the hidden layers of a VGG are most of it. */
  const options = (name: string): object => {
    const shape = shapes[name] ?? {};
    return name.startsWith("vgg") ? { ...shape, hidden: 16 } : shape;
  };
  const two = { depths: [1, 1], widths: [8, 16] };
  const inverted = { ...two, strides: [1, 2], expansions: [1, 2], stem: 8 };
  const shapes: Readonly<Record<string, object>> = {
    resnet: two,
    vgg: two,
    convnext: two,
    deit: { size: 32, width: 16, heads: 2, depth: 1 },
    deit_tiny_patch16_224: { size: 32 },
    deit_tiny_distilled_patch16_224: { size: 32 },
    mobilenet: { ...inverted, last: 16 },
    efficientnet: { ...inverted, kernels: [3, 5] },
    bit: { depths: [1, 1], widths: [128, 128], stem: 32 },
    wrn: { depth: 10, width: 1 },
  };
  /** Sizes of families whose configurable entry is tried: the same code, with more weights than a test should draw. */
  const onlyLarger =
    /^(resnetv2_.*_bit|efficientnet_b\d|wrn_40_\d|convnext_(small|base|large)|deit_(small|base)_.*|deit_tiny_.*_384)$/;

  const classifiers = training(1).backbones.names.filter(
    (name) => !name.endsWith("-generator") && !onlyLarger.test(name),
  );

  test.each(classifiers)(
    "%s gives finite logits and gradients, and leaks nothing",
    (name) => {
      const batch = {
        images: tf.tensor4d(createRandom(2).normals(2 * 32 * 32 * 3), [2, 32, 32, 3]),
        labels: tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]),
      };
      const model = choose({ name, ...options(name) }, 3, quick);
      expectFiniteGradients(model, () => {
        const { logits } = model.forward(batch, "train");
        return tf.losses.softmaxCrossEntropy(batch.labels, logits as tf.Tensor2D).asScalar();
      });
      expect(() => tf.tidy(() => void model.forward(batch, "eval"))).not.toLeak();
    },
    120_000,
  );

  test.each(training(1).backbones.names.filter((name) => name.endsWith("-generator")))(
    "%s makes images with finite gradients, and leaks nothing",
    (name) => {
      const widths = name === "attention-generator" ? { widths: [16, 8, 8, 4, 4] } : { width: 4 };
      const options: object = { size: 16, noise: 5, ...widths };
      const model = choose({ name, ...options }, 3, quick);
      const batch = { noise: tf.tensor2d(createRandom(2).normals(10), [2, 5]) };
      expectFiniteGradients(model, () => {
        const { images } = model.forward(batch, "train");
        return (images as tf.Tensor4D).square().mean().asScalar();
      });
      expect(() => tf.tidy(() => void model.forward(batch, "eval"))).not.toLeak();
    },
  );
});

/** Every weight has a finite gradient, the loss is finite, and no tensor stays. */
function expectFiniteGradients({ parameters }: Model, loss: () => tf.Scalar): void {
  const before = tf.memory().numTensors;
  const { value, grads } = tf.variableGrads(loss, [...parameters.trained.values()]);
  expect(Number.isFinite(value.dataSync()[0])).toBe(true);
  for (const [parameter, variable] of parameters.trained) {
    const size = tf.tidy(() => (grads[variable.name] as tf.Tensor).abs().max().dataSync()[0]);
    expect(Number.isFinite(size), parameter).toBe(true);
  }
  tf.dispose([value, grads]);
  expect(tf.memory().numTensors).toBe(before);
}
