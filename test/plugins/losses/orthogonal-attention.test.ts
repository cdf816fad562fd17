import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type Model } from "../../../core/index.js";
import { spatialAttention } from "../../../core/ops/index.js";
import { modelsOf, tinyModel } from "../../../core/testing/index.js";
import { orthogonalAttention } from "../../../plugins/losses/index.js";
import { losses } from "../../../plugins/losses/losses.js";
import { orthogonalLoss } from "../../../plugins/losses/orthogonal-loss.js";
import { teacherAttention } from "../../../plugins/teachers/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

await startEngine("cpu");

const step = { epoch: 0, index: 0, progress: 0 };
const random = createRandom(0);
const features = tf.tensor4d(random.normals(2 * 3 * 3 * 4), [2, 3, 3, 4]);
const attention = tf.tensor4d(random.normals(3 * 2 * 3 * 3), [3, 2, 3, 3]);
const crossEntropy = tf.scalar(2);
const number = (term: tf.Scalar | undefined) => term?.dataSync()[0] as number;
const penalty = number(orthogonalLoss(features, attention));
const term = (plugin: ReturnType<typeof orthogonalAttention>, maps = attention) =>
  number(
    createTraining({ plugins: [plugin] }).hooks.loss.call(
      { crossEntropy },
      { features },
      { teacherAttention: maps },
      step,
    ).orthogonal,
  );

describe("orthogonal attention plugin", () => {
  test("with fixed weighting adds the penalty times its weight", () => {
    expect(term(orthogonalAttention({ weighting: "fixed" }))).toBeCloseTo(0.5 * penalty, 6);
  });

  test("with adaptive weighting, its default, adds a share of the loss before it", () => {
    expect(term(orthogonalAttention())).toBeCloseTo(1, 5);
    expect(term(orthogonalAttention({ weights: [0.1] }))).toBeCloseTo(0.2, 5);
  });

  test("weighs by the number of teachers", () => {
    const plugin = orthogonalAttention({ weights: [0.5, 0.1] });
    const first = (count: number) => attention.slice([0, 0, 0, 0], [count, 2, 3, 3]) as tf.Tensor4D;
    expect(term(plugin, first(1))).toBeCloseTo(1, 5);
    expect(term(plugin, first(2))).toBeCloseTo(0.2, 5);
    expect(term(plugin, first(3))).toBeCloseTo(0.2, 5);
  });

  test("moves the student as a share of the loss times the gradient of the penalty's logarithm", () => {
    const { hooks } = createTraining({ plugins: [orthogonalAttention()] });
    const gradient = tf.grad(
      (x) =>
        hooks.loss.call({ crossEntropy }, { features: x as tf.Tensor4D }, { teacherAttention: attention }, step)
          .orthogonal as tf.Scalar,
    )(features);
    const expected = tf.grad((x) =>
      orthogonalLoss(x as tf.Tensor4D, attention)
        .log()
        .mul(0.5 * 2),
    )(features);
    expect(gradient).toBeAllclose(expected, { absolute: 1e-6 });
  });

  test("leaves the gradient of the loss before it alone", () => {
    const { hooks } = createTraining({ plugins: [orthogonalAttention()] });
    const gradient = tf.grad((x) => {
      const terms = hooks.loss.call(
        { crossEntropy: x.mul<tf.Scalar>(3) },
        { features },
        { teacherAttention: attention },
        step,
      );
      return tf.addN(Object.values(terms));
    })(tf.scalar(1));
    expect(gradient).toBeAllclose(3);
  });

  test("can be chosen by name", () => {
    const config = { losses: [{ name: "orthogonal-attention", weights: [1], weighting: "fixed" }] } as const;
    const { hooks } = createTraining({ plugins: [losses()], config });
    const { orthogonal } = hooks.loss.call({}, { features }, { teacherAttention: attention }, step);
    expect(number(orthogonal)).toBeCloseTo(penalty, 6);
  });

  test("leaks no tensor", () => {
    const { hooks } = createTraining({ plugins: [orthogonalAttention()] });
    expect(() =>
      hooks.loss.call({ crossEntropy }, { features }, { teacherAttention: attention }, step).orthogonal?.dispose(),
    ).not.toLeak();
  });

  test("tells what to list before it", () => {
    const { hooks } = createTraining({ plugins: [orthogonalAttention()] });
    expect(() => hooks.loss.call({ crossEntropy }, { features }, {}, step)).toThrow(
      "List teacherAttention() before it.",
    );
    expect(() => hooks.loss.call({}, { features }, { teacherAttention: attention }, step)).toThrow(
      "List crossEntropy() before it",
    );
  });

  test("refuses no weight, a negative one, and a weighting that does not exist", () => {
    expect(() => orthogonalAttention({ weights: [] })).toThrow('"weights" must be a list of at least one');
    expect(() => orthogonalAttention({ weights: [0.5, -1] })).toThrow(
      '"weights" must be a list of at least one: numbers, each at least 0',
    );
    expect(() => orthogonalAttention({ weighting: "adaptiv" as "adaptive" })).toThrow("one of adaptive, fixed");
  });
});

describe("teacher attention plugin", () => {
  const [one, other] = [1, 2].map((seed) => tinyModel({ seed })) as [Model, Model];
  const images = tf.tensor4d(random.normals(2 * 8 * 8 * 3), [2, 8, 8, 3]);
  const models = modelsOf({ one, other });
  const ofBatch = async (...teachers: string[]) => {
    const { hooks } = createTraining({ plugins: [teacherAttention({ teachers })], services: { models } });
    return (await hooks.batch.promise({ images }, step)).teacherAttention as tf.Tensor4D;
  };
  afterAll(() => {
    for (const model of [one, other]) model.parameters.dispose();
  });

  test("gives each teacher's map of the batch", async () => {
    const maps = await ofBatch("one", "other");
    const expected = [one, other].map((model) =>
      spatialAttention(model.forward({ images }, "eval").features as tf.Tensor4D),
    );
    expect(maps).toBeAllclose(tf.stack(expected));
  });

  test("leaves nothing behind but the maps", async () => {
    await expect(async () => (await ofBatch("one", "other")).dispose()).not.toLeak();
  });

  test("brings smaller maps to the size of the largest", async () => {
    const half: Model = {
      ...other,
      forward: (batch) => ({ features: tf.avgPool(one.forward(batch, "eval").features as tf.Tensor4D, 2, 2, "valid") }),
    };
    const { hooks } = createTraining({
      plugins: [teacherAttention({ teachers: ["one", "half"] })],
      services: { models: modelsOf({ one, half }) },
    });
    const { teacherAttention: maps } = await hooks.batch.promise({ images }, step);
    const [, height, width] = one.forward({ images }, "eval").features?.shape ?? [];
    expect(maps?.shape).toEqual([2, 2, height, width]);
  });

  test("refuses to have nobody who teaches", () => {
    expect(() => teacherAttention({ teachers: [] })).toThrow('"teachers" must be a list of at least one');
  });
});
