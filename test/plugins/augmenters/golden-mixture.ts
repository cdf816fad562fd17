/** SnapMix' mixtures and maps as they are pinned, on the engine that is started. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { channelWeights } from "../../../core/ops/index.js";
import { mixBySnapmix } from "../../../plugins/augmenters/mixture.js";
import { evidenceMap, semanticPercentMap } from "../../../plugins/augmenters/semantic-percent-map.js";
import { box, type GoldenSnapmix, oneHot } from "./golden.js";

const evidenceOf = (golden: GoldenSnapmix) =>
  evidenceMap(
    tf.tensor4d(golden.features),
    channelWeights("classifier", {
      labels: oneHot(golden.labels, 5),
      classifier: tf.tensor2d(golden.classifierWeights).transpose<tf.Tensor2D>(),
    }),
  );

/** The largest difference of any element is less than `near`. */
async function expectNear(tensor: tf.Tensor, wanted: tf.TensorLike, near: number): Promise<void> {
  const values = await tensor.data();
  const expected = tf.util.flatten(wanted as number[][]) as number[];
  expect(values.length).toBe(expected.length);
  expect(Math.max(...expected.map((value, at) => Math.abs(value - (values[at] as number))))).toBeLessThan(near);
}

export async function expectGoldenMixture(golden: GoldenSnapmix): Promise<void> {
  const { images, otherLabels, labelWeights, otherLabelWeights } = tf.tidy(() => ({
    ...mixBySnapmix({
      images: tf.tensor4d(golden.images),
      labels: oneHot(golden.labels, 5),
      permutation: golden.permutation,
      evidence: evidenceOf(golden),
      hole: box(golden.boxA),
      patch: box(golden.boxB),
    }),
  }));
  await expectNear(images, golden.mixed, 1e-6);
  await expectNear(labelWeights, golden.weightsA, 5e-7);
  await expectNear(otherLabelWeights, golden.weightsB, 5e-7);
  const isEmpty = golden.boxA[0] === golden.boxA[2];
  const partners = isEmpty ? golden.labels : golden.permutation.map((index) => golden.labels[index] as number);
  await expectNear(otherLabels, oneHotRows(partners), 1e-6);
  tf.dispose([images, otherLabels, labelWeights, otherLabelWeights]);
}

export async function expectGoldenMap(golden: GoldenSnapmix): Promise<void> {
  const map = tf.tidy(() => semanticPercentMap(evidenceOf(golden), [16, 16]));
  await expectNear(map, golden.semanticPercentMap, 1e-7);
  map.dispose();
}

function oneHotRows(labels: readonly number[]): number[][] {
  return labels.map((label) => Array.from({ length: 5 }, (_, at) => Number(at === label)));
}
