import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, Parameters } from "../../../core/index.js";
import { attentionDistillation, semanticContrast } from "../../../plugins/losses/index.js";
import { startEngine } from "../../support/engines.js";

const step = { epoch: 0, index: 0, progress: 0 };
const maps = (channels: number, seed: number) =>
  tf.randomNormal([2, 4, 4, channels], 0, 1, "float32", seed) as tf.Tensor4D;
const ofStudent = () => ({ maps: { layer1: maps(8, 1) }, features: maps(8, 1) });
const ofTeacher = () => ({ teacherMaps: { layer1: maps(16, 2) }, teacherFeatures: maps(16, 2) });

/** A model with one inner map of so many channels. */
const model = (channels: number): Model => ({
  parameters: new Parameters(),
  maps: [{ name: "layer1", channels, stride: 1, endsLevel: true }],
  forward: () => ({ maps: { layer1: maps(channels, 3) }, features: maps(channels, 3) }),
});

/** A stage whose roles are asked for by name. */
async function stageWith(plugin: ReturnType<typeof semanticContrast>, roles: Readonly<Record<string, Model>>) {
  const get = (role: string) => roles[role] ?? model(Number.NaN);
  const models = { get, view: get, addView: get, built: [], isPretrained: () => false };
  const training = createTraining({ plugins: [plugin], services: { models } });
  await training.hooks.setup.promise(training);
  return training;
}

beforeAll(() => startEngine("cpu"));

describe.each([
  ["attention distillation", attentionDistillation, "attention"],
  ["semantic contrast", semanticContrast, "contrast"],
] as const)("%s", (_, plugin, term) => {
  test("of weight 0 computes nothing, and trains no auxiliary weight", async () => {
    const training = await stageWith(plugin({ weight: 0 }), {});
    expect(training.auxiliary.shapes.size).toBe(0);
    expect(training.hooks.loss.call({}, {}, {}, step)).toEqual({});
  });

  test("compares the roles that it is told", async () => {
    const roles = { pupil: model(8), master: model(16) };
    const training = await stageWith(plugin({ student: "pupil", teacher: "master" }), roles);
    const terms = training.hooks.loss.call({}, ofStudent(), ofTeacher(), step);
    expect(Number.isFinite(terms[term]?.dataSync()[0])).toBe(true);
  });
});

test.each([
  [1, 2],
  [2, 5],
  [3, 9],
])("attention distillation of order %d has %d convolutions on either side", async (order, expected) => {
  const training = await stageWith(attentionDistillation({ order }), { student: model(8), teacher: model(8) });
  expect(training.auxiliary.trained.size).toBe(expected);
  const convolutions = [...training.auxiliary.shapes.keys()].filter((name) => name.includes(".order"));
  expect(convolutions).toHaveLength(2 * expected);
});
