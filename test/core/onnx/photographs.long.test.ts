/** A network of every family, of a published size, exported to ONNX and asked about real photographs. */
import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import type { Model } from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import { training } from "../../plugins/backbones/building.js";
import { hasOnednn, startEngine } from "../../support/engines.js";
import { isHere } from "../../support/required.js";
import { exportedOn, kinds, lacksPhotographs, photographs, quick, sideOf, statistics, taught } from "./photographs.js";

beforeAll(() => startEngine(hasOnednn ? "onednn" : "wasm"));

const isThere = isHere("exports on photographs", lacksPhotographs);

describe.skipIf(!isThere)(
  "an export to ONNX answers photographs as fgkd does, labels included (skipped without ../shared)",
  () => {
    // The smallest of each family; of those that take seconds for a photograph fewer. `npm run test:slow` has all names, and all photographs.
    test.each([
      ["mobilenet_v2", 100],
      ["efficientnet_b0", 100],
      ["resnet18", 100],
      ["wrn_40_1", 100],
      ["deit_tiny_distilled_patch16_224", 50],
      ["convnext_tiny", 10],
      ["vgg11_bn", 5],
      ["resnetv2_50x1_bit", 2],
    ] as const)("%s, on %i of them", async (name, count) => {
      const model = training(kinds.length, quick).backbones.choose({ name });
      const images = photographs.filter((_, at) => at % (photographs.length / count) === 0);
      const seen = await exportedOn(model, { backbone: { name }, side: sideOf(name), classes: kinds, images });
      expect(seen.images).toBe(count);
      expect(seen.relative).toBeLessThan(1e-4);
      expect(seen.spread).toBeGreaterThan(0.01);
    });
  },
);

const weights = new URL("../../../../shared/data/weights/mobilenetv2-imagenet.safetensors", import.meta.url).pathname;

/** MobileNetV2 from ImageNet with a classifier for the twenty kinds, fitted to twenty photographs of each. */
async function taughtKinds(): Promise<Model> {
  const model = training(kinds.length, quick).backbones.choose({ name: "mobilenet_v2" });
  loadWeights("student", model, weights, undefined, { classes: kinds, trained: true });
  const seen: tf.Tensor2D[] = [];
  for (const kind of kinds) {
    const pictures = await Promise.all(
      taught(kind, 20).map((file) => sharp(file).resize(224, 224).removeAlpha().raw().toBuffer()),
    );
    seen.push(
      tf.tidy(() => {
        const images = tf.tensor4d(Float32Array.from(Buffer.concat(pictures)), [20, 224, 224, 3]).div<tf.Tensor4D>(255);
        const normalised = images.sub<tf.Tensor4D>(statistics.mean).div<tf.Tensor4D>(statistics.deviation);
        return (model.forward({ images: normalised }, "eval").features as tf.Tensor4D).mean<tf.Tensor2D>([1, 2]);
      }),
    );
  }
  const features = tf.concat(seen);
  const labels = tf.oneHot(
    kinds.flatMap((_, label) => Array(20).fill(label)),
    kinds.length,
  );
  const classifier = [tf.variable(tf.zeros([1280, kinds.length])), tf.variable(tf.zeros([kinds.length]))] as const;
  const [weight, bias] = classifier as unknown as [tf.Variable<tf.Rank.R2>, tf.Variable<tf.Rank.R1>];
  const logits = () => tf.matMul(features, weight).add<tf.Tensor2D>(bias);
  const optimizer = tf.train.adam(0.003);
  for (let step = 0; step < 100; step++)
    optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, logits()).asScalar(), false, [weight, bias]);
  const right = tf.tidy(() => logits().argMax(1).equal(labels.argMax(1)).mean().dataSync()[0]);
  expect(right).toBe(1);
  const own = model.classifier as { readonly weight: tf.Variable; readonly bias: tf.Variable };
  own.weight.assign(weight);
  own.bias.assign(bias);
  tf.dispose([...seen, features, labels, weight, bias]);
  optimizer.dispose();
  return model;
}

test.skipIf(!isThere || !existsSync(weights))(
  "a trained MobileNetV2 in int8 sees on 98 of 100 photographs what it sees in 32 bits",
  async () => {
    const asked = { backbone: { name: "mobilenet_v2" }, side: 224, classes: kinds, images: photographs } as const;
    const seen = await exportedOn(await taughtKinds(), { ...asked, precision: "int8" });
    expect(seen.images).toBe(100);
    expect(seen.agreement).toBeGreaterThanOrEqual(0.98);
    expect(seen.first).toBeGreaterThan(10);
  },
);
