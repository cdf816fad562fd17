import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { cutOut, type Mixture, mixByCutmix, mixByMixup, mixBySnapmix } from "../../../plugins/augmenters/mixture.js";
import { box, countingImages, difference, goldenSnapmix, oneHot } from "./golden.js";
import { expectGoldenMixture } from "./golden-mixture.js";

const weights = ({ labelWeights, otherLabelWeights }: Mixture) => [
  labelWeights.arraySync(),
  otherLabelWeights.arraySync(),
];
const expectWeights = (mixture: Mixture, own: readonly number[], other: readonly number[]) => {
  const [actualOwn, actualOther] = weights(mixture) as [number[], number[]];
  own.forEach((weight, index) => {
    expect(actualOwn[index]).toBeCloseTo(weight, 6);
  });
  other.forEach((weight, index) => {
    expect(actualOther[index]).toBeCloseTo(weight, 6);
  });
};

describe("mixing by SnapMix", () => {
  test.each(goldenSnapmix)("equals golden case %#", expectGoldenMixture);

  // Image 1 has a map that says nothing; 0 and 1 are of one class, 2 and 3 of two.
  const maps = tf.tensor3d([
    [
      [0, 1],
      [0, 1],
    ],
    [
      [5, 5],
      [5, 5],
    ],
    [
      [1, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [3, 1],
    ],
  ]);
  const mixing = {
    images: countingImages(4, 2, 2),
    labels: oneHot([0, 0, 1, 2], 3),
    permutation: [0, 1, 3, 2],
    evidence: maps,
    hole: box([0, 0, 1, 2]),
    patch: box([0, 0, 2, 1]),
  };

  test("weighs by pixels where the map is constant", () => {
    expectWeights(mixBySnapmix(mixing), [0.5, 0.5, 0, 1], [0, 0.5, 0.75, 1]);
  });

  test("counts pairs of one class twice when asked to, as the official code does", () => {
    const double = { ...mixing, sameClass: "official-double" as const };
    expectWeights(mixBySnapmix(double), [0.5, 0.5, 0, 1], [0.5, 0.5, 0.75, 1]);
    // An unknown part makes the sum unknown: both fall back to pixels.
    expectWeights(mixBySnapmix({ ...double, permutation: [1, 0, 3, 2] }), [0.5, 0.5, 0, 1], [0.5, 0.5, 0.75, 1]);
  });

  test.each([
    ["hole", { hole: box([1, 1, 1, 1]) }],
    ["patch", { patch: box([0, 1, 2, 1]) }],
  ])("leaves the images alone when the %s is empty", (_, empty) => {
    const mixture = mixBySnapmix({ ...mixing, ...empty });
    expect(difference(mixture.images, mixing.images.arraySync())).toBe(0);
    expect(weights(mixture)).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
  });

  test("leaks no tensor", () => {
    const before = tf.memory().numTensors;
    tf.dispose({ ...mixBySnapmix({ ...mixing, sameClass: "official-double" }) });
    tf.dispose({ ...mixBySnapmix({ ...mixing, hole: box([1, 1, 1, 1]) }) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("mixing by CutMix", () => {
  const mixing = { images: countingImages(2, 4, 4), labels: oneHot([0, 1], 3), permutation: [1, 0] };

  test("weighs labels by the area they have", () => {
    const mixture = mixByCutmix({ ...mixing, hole: box([1, 1, 3, 4]) });
    expectWeights(mixture, [10 / 16, 10 / 16], [6 / 16, 6 / 16]);
    expect(mixture.images.arraySync()[0]?.[2]?.[3]).toEqual(mixing.images.arraySync()[1]?.[2]?.[3]);
    expect(mixture.otherLabels.arraySync()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  test("with a patch from elsewhere weighs by the area of the hole", () => {
    const mixture = mixByCutmix({ ...mixing, hole: box([0, 0, 4, 2]), patch: box([0, 0, 3, 3]) });
    expectWeights(mixture, [0.5, 0.5], [0.5, 0.5]);
    expect(mixture.images.arraySync()[0]?.[3]?.[1]).toEqual(mixing.images.arraySync()[1]?.[2]?.[2]);
  });

  test("leaves the images alone when a patch from elsewhere has 4 pixels or fewer", () => {
    const mixture = mixByCutmix({ ...mixing, hole: box([0, 0, 3, 3]), patch: box([0, 0, 2, 2]) });
    expect(weights(mixture)).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(difference(mixture.images, mixing.images.arraySync())).toBe(0);
  });

  test("leaks no tensor", () => {
    const before = tf.memory().numTensors;
    tf.dispose({ ...mixByCutmix({ ...mixing, hole: box([0, 0, 3, 3]) }) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("mixing by MixUp", () => {
  const mixing = { images: countingImages(2, 2, 2), labels: oneHot([0, 1], 2), permutation: [1, 0], lambda: 0.25 };

  test("blends images and labels in the same proportion", () => {
    const mixture = mixByMixup(mixing);
    expect(mixture.images.arraySync()[0]?.[0]?.[0]).toEqual([9, 10, 11]);
    expectWeights(mixture, [0.25, 0.25], [0.75, 0.75]);
  });

  test("leaks no tensor", () => {
    const before = tf.memory().numTensors;
    tf.dispose({ ...mixByMixup(mixing) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("cutting out", () => {
  test("fills the hole alone", () => {
    const erased = cutOut(tf.ones([2, 4, 4, 3]), box([1, 0, 3, 3]));
    expect(erased.sum().dataSync()[0]).toBe(2 * 3 * (16 - 6));
  });

  test("of nothing copies the images", () => {
    const images = countingImages(1, 2, 2);
    const before = tf.memory().numTensors;
    const same = cutOut(images, box([1, 1, 1, 1]));
    expect(same).not.toBe(images);
    expect(difference(same, images.arraySync())).toBe(0);
    same.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
