import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type Batch, createTraining, release } from "../../../core/index.js";
import { type SnapmixOptions, snapmix } from "../../../plugins/augmenters/snapmix.js";
import { mixer, tinyBatch, tinyModels } from "./fixtures.js";
import { difference } from "./golden.js";

const weights = (batch: Batch) => [
  ...(batch.labelWeights?.dataSync() ?? []),
  ...(batch.otherLabelWeights?.dataSync() ?? []),
];
const mix = (options: SnapmixOptions, models = tinyModels().models) => mixer(snapmix(options), models)();

describe("snapmix", () => {
  test("mixes images and gives them a second label and two weights", async () => {
    const mixed = await mix({});
    expect(mixed.images?.shape).toEqual([4, 8, 8, 3]);
    expect(difference(mixed.images as tf.Tensor, tinyBatch().images?.arraySync() as number[][][][])).toBeGreaterThan(0);
    expect(mixed.otherLabels?.sum(-1).arraySync()).toEqual([1, 1, 1, 1]);
    expect(weights(mixed).every((weight) => weight >= 0 && weight <= 1)).toBe(true);
  });

  test("leaves the label as it was", async () => {
    expect((await mix({})).labels?.arraySync()).toEqual(tinyBatch().labels?.arraySync());
  });

  test("draws the same from the same seed", async () => {
    const [one, two] = [await mix({}), await mix({})];
    expect(weights(one)).toEqual(weights(two));
    expect(one.images?.dataSync()).toEqual(two.images?.dataSync());
  });

  test("lets a frozen teacher look, unless told otherwise", async () => {
    const { models, looks } = tinyModels();
    await mix({}, models);
    await mix({ map: "student", mapMode: "batch-statistics" }, models);
    expect(looks).toEqual([
      { role: "teacher", mode: "eval" },
      { role: "student", mode: "batch-statistics" },
    ]);
  });

  test("never mixes at probability 0, and then looks at nothing", async () => {
    const { models, looks } = tinyModels();
    const batch = tinyBatch();
    expect(await mixer(snapmix({ probability: 0 }), models)(batch)).toBe(batch);
    expect(looks).toEqual([]);
  });

  test("mixes about half of the batches at probability 0.5", async () => {
    const pass = mixer(snapmix({ probability: 0.5 }), tinyModels().models);
    let mixed = 0;
    for (let turn = 0; turn < 200; turn++) if ((await pass()).otherLabels) mixed++;
    expect(mixed).toBeGreaterThan(70);
    expect(mixed).toBeLessThan(130);
  });

  test("passes on what is mixed already", async () => {
    const first = await mix({});
    expect(await mixer(snapmix(), tinyModels().models)(first)).toBe(first);
  });

  test("weighs by the gate too when asked to", async () => {
    const gate = tf.tensor2d([
      [0.9, 0.1],
      [0.1, 0.9],
      [0.5, 0.2],
      [0, 1],
    ]);
    const by = async (camWeights: SnapmixOptions["camWeights"]) =>
      weights(await mix({ camWeights }, tinyModels({ gate }).models));
    const [plain, gated, only] = [await by("classifier"), await by("se-classifier"), await by("se-only")];
    expect(gated).not.toEqual(plain);
    expect(only).not.toEqual(gated);
  });

  test("says what the model lacks", async () => {
    await expect(mix({ camWeights: "se-classifier" })).rejects.toThrow(
      '[snapmix] needs "gate", which no plugin set. Give the model of role "teacher" a squeeze-excite head',
    );
    const get = () => ({ ...tinyModels().models.get("teacher"), classifier: undefined });
    const headless = {
      get,
      view: get,
      addView: get,
      built: [],
      isPretrained: () => false,
    };
    await expect(mix({}, headless)).rejects.toThrow('[snapmix] needs "classifier"');
  });

  test("can be chosen by name", () => {
    expect(createTraining({ plugins: [snapmix()] }).augmenters.names).toEqual(["snapmix"]);
  });

  test("frees what it displaces", async () => {
    const pass = mixer(
      snapmix({ camWeights: "se-classifier", sameClass: "official-double" }),
      tinyModels({ gate: tf.ones([4, 2]) }).models,
    );
    const before = tf.memory().numTensors;
    // The tiny network's gate outlives each look here, as it belongs to the test.
    const mixed = await pass();
    release(mixed);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [{ alpha: 0 }, 'option "alpha" must be greater than 0, received 0'],
    [{ probability: 1.5 }, 'option "probability" must be between 0 and 1'],
    [{ camWeights: "gate" as "se-only" }, 'option "camWeights" must be one of classifier, se-classifier, se-only'],
    [{ mapMode: "train" as "eval" }, 'option "mapMode" must be one of eval, batch-statistics'],
    [{ sameClass: "twice" as "once" }, 'option "sameClass" must be one of once, official-double'],
  ])("refuses %o", (options, message) => {
    expect(() => snapmix(options)).toThrow(message);
  });
});
