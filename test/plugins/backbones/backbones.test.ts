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
    const shape = ["resnet", "vgg", "convnext"].includes(name) ? { depths: [1, 1], widths: [8, 16] } : {};
    return name.startsWith("vgg") ? { ...shape, hidden: 16 } : shape;
  };

  /** Of these families the larger ones have more of what their smallest has, and take seconds each. */
  const isLarger = (name: string) => /^(convnext_(small|base|large)|deit_(small|base)_.*|deit_tiny_.*_384)$/.test(name);
  const classifiers = training(1).backbones.names.filter((name) => !name.endsWith("-generator") && !isLarger(name));

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
