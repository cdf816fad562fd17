import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createTraining, release } from "../../../core/index.js";
import { cutmix } from "../../../plugins/augmenters/cutmix.js";
import { cutout } from "../../../plugins/augmenters/cutout.js";
import { mixup } from "../../../plugins/augmenters/mixup.js";
import { mixer, tinyBatch } from "./fixtures.js";
import { difference } from "./golden.js";

const original = tinyBatch().images?.arraySync() as number[][][][];

describe.each([
  ["cutmix", () => cutmix({ alpha: 1 }), () => cutmix({ probability: 0 })],
  [
    "asymmetric cutmix",
    () => cutmix({ alpha: 1, asymmetric: true }),
    () => cutmix({ probability: 0, asymmetric: true }),
  ],
  ["mixup", () => mixup(), () => mixup({ probability: 0 })],
])("%s", (_, always, never) => {
  test("mixes images, and its two weights add up to 1", async () => {
    const mixed = await mixer(always())();
    expect(difference(mixed.images as tf.Tensor, original)).toBeGreaterThan(0);
    const sum = mixed.labelWeights?.add(mixed.otherLabelWeights as tf.Tensor1D) as tf.Tensor;
    expect(difference(sum, [1, 1, 1, 1])).toBeLessThan(1e-6);
  });

  test("never mixes at probability 0", async () => {
    const batch = tinyBatch();
    expect(await mixer(never())(batch)).toBe(batch);
  });

  test("passes on what is mixed already", async () => {
    const pass = mixer(always());
    const first = await pass();
    expect(await pass(first)).toBe(first);
  });

  test("frees what it displaces", async () => {
    const pass = mixer(always());
    const before = tf.memory().numTensors;
    for (let turn = 0; turn < 5; turn++) release(await pass());
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("cutout", () => {
  test("erases a box and leaves the labels alone", async () => {
    const erased = await mixer(cutout())();
    const zeros = (erased.images?.equal(0).sum().dataSync()[0] as number) - 1;
    expect(zeros).toBeGreaterThan(0);
    expect(erased.otherLabels).toBeUndefined();
  });

  test("frees what it displaces", async () => {
    const pass = mixer(cutout());
    const before = tf.memory().numTensors;
    for (let turn = 0; turn < 5; turn++) release(await pass());
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("mixing plugins", () => {
  test("need images and labels", async () => {
    await expect(mixer(cutmix())({})).rejects.toThrow('[cutmix] needs "images"');
    await expect(mixer(mixup())({ images: tf.ones([1, 2, 2, 3]) })).rejects.toThrow('[mixup] needs "labels"');
  });

  test("can be chosen by name, side by side", () => {
    const { augmenters } = createTraining({ plugins: [cutmix(), mixup(), cutout()] });
    expect(augmenters.names).toEqual(["cutmix", "mixup", "cutout"]);
  });

  test.each([
    [() => cutmix({ alpha: -1 }), 'option "alpha" must be greater than 0'],
    [() => cutmix({ probability: -1 }), 'option "probability" must be between 0 and 1'],
    [() => mixup({ alpha: Number.NaN }), 'option "alpha" must be greater than 0'],
    [() => cutout({ share: 2 }), 'option "share" must be between 0 and 1'],
  ])("refuse what cannot be: %s", (create, message) => {
    expect(create).toThrow(message);
  });
});
