import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTraining, type EpochReport, type Model, need, Parameters } from "../../../core/index.js";
import { modelsOf } from "../../../core/testing/index.js";
import { ensemblers } from "../../../plugins/ensemblers/index.js";
import { blindShares, mapCorrelations, pairwiseDisagreement } from "../../../plugins/observers/ensemble/agreement.js";
import { type EnsembleMetricsOptions, ensembleMetrics } from "../../../plugins/observers/index.js";
import { noisePictures } from "../../presets/pictures.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

beforeAll(() => startEngine("cpu"));

describe("how members differ", () => {
  test("disagreement counts images on which two of them say different things", () => {
    expect(
      pairwiseDisagreement([
        [0, 1, 2, 3],
        [0, 1, 2, 0],
      ]),
    ).toBe(25);
    expect(
      pairwiseDisagreement([
        [0, 0],
        [0, 0],
        [1, 1],
      ]),
    ).toBeCloseTo(200 / 3);
  });

  // Standardised maps of four positions.
  const [left, right, outer] = [
    [1, 1, -1, -1],
    [-1, -1, 1, 1],
    [1, -1, -1, 1],
  ].map((map) => map.map((value) => value * Math.sqrt(3 / 4))) as [number[], number[], number[]];
  const maps = (...members: number[][]) => ({
    values: members.flat(),
    members: members.length,
    images: 1,
    positions: 4,
  });

  test("correlation of maps is 1 for the same, -1 for opposite ones, 0 for unrelated ones", () => {
    expect(mapCorrelations(maps(left, left))).toBeAllclose([1]);
    expect(mapCorrelations(maps(left, right))).toBeAllclose([-1]);
    expect(mapCorrelations(maps(left, outer))).toBeAllclose([0], { absolute: 1e-12 });
    expect(mapCorrelations(maps(left, left, right))).toBeAllclose([(1 - 1 - 1) / 3]);
  });

  test("the blind share is that of the newest member's high places where earlier ones see neither way", () => {
    const teacher = [1.5, 0.1, -0.2, -1.4];
    expect(blindShares(maps(teacher, [1, 1, -1, -1]))).toEqual([50]);
    expect(blindShares(maps(teacher, [-1, 1, 1, -1]))).toEqual([100]);
    expect(blindShares(maps(teacher, left, [-1, 1, 1, -1]))).toEqual([50]);
    expect(blindShares(maps(teacher, [0, 0, 0, 0]))).toEqual([0]);
  });

  test("images are told apart", () => {
    const two = { values: [...left, ...right, ...left, ...left], members: 2, images: 2, positions: 4 };
    expect(mapCorrelations(two)).toBeAllclose([1, -1]);
  });
});

describe("ensemble metrics plugin", () => {
  /** Says the class of the channel in which an image is brightest, `shift` further; looks where the image is bright. */
  function member(shift: number): Model {
    const parameters = new Parameters();
    return {
      parameters,
      forward: (batch) => {
        const features = need(batch, "images", "test");
        const means = features.mean<tf.Tensor2D>([1, 2]);
        const turned = tf.concat([means.slice([0, 3 - shift], [-1, shift]), means.slice([0, 0], [-1, 3 - shift])], 1);
        return { logits: turned.mul<tf.Tensor2D>(20), features };
      },
    };
  }
  const [right, alike, wrong] = [member(0), member(0), member(1)];
  const models = modelsOf({ right, alike, wrong });
  afterAll(() => {
    for (const model of [right, alike, wrong]) model.parameters.dispose();
  });

  async function measured(options: EnsembleMetricsOptions, epoch = 3) {
    const { hooks } = createTraining({
      plugins: [ensemblers(), noisePictures(), ensembleMetrics(options)],
      config: { epochs: 4, batchSize: 2, data: { name: "noise-pictures" } },
      services: { models, classes: ["red", "green", "blue"] },
    });
    const all: Record<string, number> = {};
    const report: EpochReport = {
      stage: "student",
      epoch,
      losses: {},
      metrics: {},
      learningRate: 0.1,
      stop: () => {},
      measure: (more) => void Object.assign(all, more),
    };
    await hooks.epoch.promise(report);
    return all;
  }

  test("tests what the members are together, at the end of the last epoch only", async () => {
    expect(await measured({ members: ["right", "alike", "wrong"] }, 2)).toEqual({});
    expect(await measured({ members: ["right"] })).toEqual({ ensembleAccuracy: 100 });
    const all = await measured({ members: ["right", "alike", "wrong"] });
    expect(Object.keys(all)).toEqual(["ensembleAccuracy", "disagreement", "mapCorrelation", "blindShare"]);
    expect(all.ensembleAccuracy).toBe(100);
    expect(all.disagreement).toBeCloseTo(200 / 3);
    expect(all.mapCorrelation).toBeCloseTo(1, 4);
  });

  test("merges as it is told", async () => {
    const members = ["right", "wrong"];
    const accuracy = async (weights: readonly number[]) =>
      (await measured({ members, ensembler: { name: "weighted", weights } })).ensembleAccuracy;
    expect(await accuracy([3, 1])).toBe(100);
    expect(await accuracy([1, 3])).toBe(0);
  });

  test("fits weights to validation data, and tests them", async () => {
    const all = await measured({
      members: ["wrong", "right"],
      validation: { name: "noise-pictures", test: 9 } as never,
    });
    expect(all.weightedAccuracy).toBe(100);
    expect(all["weight/right"]).toBeGreaterThan(0.99);
    expect((all["weight/right"] as number) + (all["weight/wrong"] as number)).toBeCloseTo(1, 6);
  });

  test("leaves no tensor behind", async () => {
    await expect(() => measured({ members: ["right", "wrong"] })).not.toLeak();
  });

  test("refuses to measure nobody, and an ensembler that does not exist", async () => {
    expect(() => ensembleMetrics({ members: [] })).toThrow('"members" must be a list of at least one');
    await expect(measured({ members: ["right"], ensembler: { name: "median" } })).rejects.toThrow(
      'no ensembler is registered as "median"',
    );
  });
});
