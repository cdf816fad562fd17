import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createTraining, release } from "../../../core/index.js";
import { cutmix } from "../../../plugins/augmenters/cutmix.js";
import { cutout } from "../../../plugins/augmenters/cutout.js";
import { mixup } from "../../../plugins/augmenters/mixup.js";
import { mixupCutmix } from "../../../plugins/augmenters/mixup-cutmix.js";
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
  ["mixup of both", () => mixupCutmix({ switchProbability: 0 }), () => mixupCutmix({ probability: 0 })],
  ["cutmix of both", () => mixupCutmix({ switchProbability: 1 }), () => mixupCutmix({ probability: 0 })],
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

describe("mixup and cutmix in turns", () => {
  /** Per batch: whether its pixels are those of two pictures side by side, and not a blend; and the other labels. */
  const turns = async (switchProbability: number, count: number) => {
    const pass = mixer(mixupCutmix({ switchProbability }));
    const originals = new Set(original.flat(3));
    const mixed: { readonly isCut: boolean; readonly partners: number[]; readonly weight: number }[] = [];
    for (let turn = 0; turn < count; turn++) {
      const batch = await pass();
      const isCut = [...(batch.images as tf.Tensor).dataSync()].every((value) => originals.has(value));
      const partners = [...(batch.otherLabels as tf.Tensor2D).argMax(-1).dataSync()];
      mixed.push({ isCut, partners, weight: batch.labelWeights?.dataSync()[0] as number });
      release(batch);
    }
    return mixed;
  };

  test("take the partner of an image from the other end of the batch", async () => {
    // A hole without a pixel leaves a batch as it is.
    const mixed = (await turns(0.5, 12)).filter(({ weight }) => weight < 1);
    expect(mixed.length).toBeGreaterThan(6);
    for (const { partners } of mixed) expect(partners).toEqual([1, 2, 1, 0]);
  });

  test("switch as often as they are told", async () => {
    const share = (mixed: Awaited<ReturnType<typeof turns>>) =>
      mixed.filter(({ isCut }) => isCut).length / mixed.length;
    expect(share(await turns(1, 20))).toBe(1);
    expect(share(await turns(0, 20))).toBe(0);
    const half = share(await turns(0.5, 60));
    expect(half).toBeGreaterThan(0.25);
    expect(half).toBeLessThan(0.75);
  });

  test("weigh labels by the pixels that CutMix leaves", async () => {
    for (const { weight } of await turns(1, 20))
      expect(Number.isInteger(Math.round(weight * 64 * 1e4) / 1e4)).toBe(true);
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
