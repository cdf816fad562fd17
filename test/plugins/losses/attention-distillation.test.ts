import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, createTraining, type Foreseen, type Model, type Models, Parameters } from "../../../core/index.js";
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

describe("networks of another build than the teacher's", () => {
  const map = (name: string, channels: number, stride: number) => ({ name, channels, stride, endsLevel: true });
  /** A network whose last map has so many channels, of this value everywhere. */
  const network = (channels: number, levels: number, value: number): Model => ({
    parameters: new Parameters(),
    maps: Array.from({ length: levels }, (_, level) => map(`level${level}`, channels, 2 ** level)),
    forward: () => ({ features: tf.fill([1, 2, 2, channels], value) }),
  });
  const student = network(4, 3, 1);
  const teacher = network(6, 4, 2);
  const models = {
    get: (role: string) => (role === "teacher" ? teacher : student),
    view: () => student,
    addView: () => student,
    built: [],
    isPretrained: () => false,
  } satisfies Models;

  /** The term of one batch whose features are these, and its gradients by the name of the weight. */
  async function lossOf(options: AttentionDistillationOptions, [mine, theirs]: readonly [tf.Tensor4D, tf.Tensor4D]) {
    const training = createTraining({ plugins: [attentionDistillation(options)], services: { models } });
    await training.hooks.setup.promise(training);
    const trained = [...training.auxiliary.trained];
    const { value, grads } = tf.variableGrads(() => {
      const step = { epoch: 0, index: 1, progress: 0 };
      const terms = training.hooks.loss.call({}, { features: mine }, { teacherFeatures: theirs }, step);
      return terms.attention as tf.Scalar;
    });
    const moved = trained.filter(([, variable]) => {
      const gradient = grads[variable.name];
      return gradient && (gradient.abs().max().dataSync()[0] as number) > 0;
    });
    return { value: value.dataSync()[0] as number, trained, moved: moved.map(([name]) => name) };
  }

  const features = (channels: number) => tf.randomNormal([3, 2, 2, channels], 0, 1, "float32", channels) as tf.Tensor4D;

  test("are compared by pooled features, through two linear layers that are trained with them", async () => {
    const { value, trained, moved } = await lossOf({ weight: 1 }, [features(4), features(6)]);
    expect(value).toBeGreaterThan(0);
    const shapes = Object.fromEntries(trained.map(([name, { shape }]) => [name, shape]));
    expect(shapes["adapter.features.0.weight"]).toEqual([4, 6]);
    expect(shapes["adapter.features.2.weight"]).toEqual([6, 6]);
    expect(moved).toEqual(expect.arrayContaining(["adapter.features.0.weight", "adapter.features.2.bias"]));
  });

  test("see only the mean of each channel: where it lies does not count", async () => {
    const [mine, theirs] = [features(4), features(6)];
    const there = await lossOf({}, [mine, theirs]);
    const elsewhere = await lossOf({}, [mine.reverse(1), theirs.reverse(2)]);
    expect(elsewhere.value).toBeCloseTo(there.value, 4);
  });

  test("are told of before the first stage begins, and pairs by name as well", () => {
    const { losses } = createTraining({ plugins: [attentionDistillation({})] });
    const foresee = (options: object, asked: Foreseen) =>
      losses.look({ name: "attention-distillation", ...options }).foresee(asked);
    expect(foresee({}, models.get)).toBe(
      "the student has 3 levels and the teacher has 4, so attention-distillation compares their pooled features alone. Pair inner maps by name to compare more: options.attention-distillation.maps.",
    );
    expect(foresee({}, () => teacher)).toBeUndefined();
    expect(foresee({ maps: [{ student: "level0", teacher: "level1" }] }, models.get)).toBeUndefined();
    expect(() => foresee({ maps: [{ student: "level9", teacher: "level1" }] }, models.get)).toThrow(
      'no map is registered as "level9"',
    );
  });
});
