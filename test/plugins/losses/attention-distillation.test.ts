import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, createTraining, type Model, type Models, Parameters } from "../../../core/index.js";
import { type AttentionDistillationOptions, attentionDistillation } from "../../../plugins/losses/index.js";
import "../../support/matchers.js";

beforeAll(() => tf.setBackend("cpu"));

/** Two maps that are given, whatever the images. */
const maps = () => ({ first: tf.ones([1, 4, 4, 8]) as tf.Tensor4D, second: tf.ones([1, 2, 2, 8]) as tf.Tensor4D });
const model: Model = {
  parameters: new Parameters(),
  maps: [
    { name: "first", channels: 8, stride: 4, endsLevel: true },
    { name: "second", channels: 8, stride: 8, endsLevel: true },
  ],
  forward: (_: Batch) => ({ maps: maps(), features: maps().second }),
};

/** A stage, set up, and what it says after an epoch whose first step saw `maps`; `shrink` acts on its auxiliary weights before. */
async function epoch(options: AttentionDistillationOptions, shrink: (name: string, weight: tf.Variable) => void) {
  const warnings: string[] = [];
  const training = createTraining({
    plugins: [attentionDistillation(options)],
    services: {
      models: {
        get: () => model,
        view: () => model,
        addView: () => model,
        built: [],
        isPretrained: () => false,
      } satisfies Models,
      logger: { info: () => {}, warn: (words) => warnings.push(words) },
    },
  });
  await training.hooks.setup.promise(training);
  for (const [name, weight] of training.auxiliary.trained) shrink(name, weight);
  const step = (index: number, scale: number) => {
    const { first, second } = maps();
    const scaled = { first: first.mul<tf.Tensor4D>(scale), second: second.mul<tf.Tensor4D>(scale) };
    training.hooks.loss.call({}, { maps: scaled }, { teacherMaps: scaled }, { epoch: 0, index, progress: 0 });
  };
  step(0, 1);
  step(1, 1000);
  const measured: Record<string, number> = {};
  const summary = { stage: "student", losses: {}, metrics: {}, learningRate: 0.1, stop: () => {} };
  for (const epoch of [0, 1])
    await training.hooks.epoch.promise({
      ...summary,
      epoch,
      measure: (values) => void Object.assign(measured, values),
    });
  return { measured, warnings, training };
}

const leave = () => {};

describe("attention distillation", () => {
  test("measures the mean of the student's attention by map, on the first batch of the epoch", async () => {
    const { measured, warnings } = await epoch({}, (_, weight) => weight.assign(tf.zerosLike(weight)));
    // Nothing comes out of projections that are 0, and its sigmoid is a half; the second batch would say the same.
    expect(measured).toEqual({ "attention/stage-1": 0.5, "attention/stage-2": 0.5 });
    expect(warnings).toEqual([]);
  });

  test("does not measure later batches", async () => {
    const positive = (_: string, weight: tf.Variable) => weight.assign(tf.fill(weight.shape, 0.1));
    const { measured } = await epoch({}, positive);
    // Orders 1 to 3: 8 channels of 0.1 are 0.8, to the power of the order; two of them times 0.1 give the sigmoid's argument.
    const expected = [1, 2, 3].reduce((sum, order) => sum + 1 / (1 + Math.exp(-0.2 * 0.8 ** order)), 0) / 3;
    expect(measured["attention/stage-1"]).toBeCloseTo(expected, 6);
  });

  test("warns once where attention vanishes, and says what to do when both sides are trained", async () => {
    const shrink = (name: string, weight: tf.Variable) => {
      if (name.includes("student.1")) weight.assign(tf.fill(weight.shape, name.includes("expansion") ? -20 : 1));
    };
    const joint = await epoch({ teacherAttention: "joint" }, shrink);
    expect(joint.warnings).toHaveLength(1);
    expect(joint.warnings[0]).toMatch(
      /^stage "student", epoch 1: the student's attention to its map 2 has shrunk to 0\.000 .*teacherAttention=frozen\.$/,
    );
    const frozen = await epoch({}, shrink);
    expect(frozen.warnings[0]).toContain("Lower its weight");
  });

  test("keeps what it measured in checkpoints, for a run that is stopped within an epoch", async () => {
    const { training } = await epoch({}, leave);
    const saved = await training.states.get("helpers")?.save();
    expect(saved?.tensors?.get("attention.means")?.shape).toEqual([2]);
    expect([...training.auxiliary.trained.keys()]).not.toContain("attention.means");
  });
});
