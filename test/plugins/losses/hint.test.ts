import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type Model, Parameters, type Plugin } from "../../../core/index.js";
import { gradientError, modelsOf, tinyBatch, tinyModel } from "../../../core/testing/index.js";
import { losses, teacherFeatures, teachers } from "../../../plugins/index.js";
import { hint, hintLoss } from "../../../plugins/losses/hint.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const step = { epoch: 0, index: 0, progress: 0 };
const random = createRandom("hint");
const map = (...shape: [number, number, number, number]) =>
  tf.tensor4d(random.normals(shape.reduce((size, side) => size * side, 1)), shape);
const number = (term: tf.Scalar | undefined) => term?.dataSync()[0] as number;

type Map4 = readonly (readonly (readonly (readonly number[])[])[])[];

/** Word for word, on nested lists: pool 2×2, multiply by the regressor, square, mean. */
function naive(student: Map4, teacher: Map4, regressor: readonly (readonly number[])[]): number {
  const squares: number[] = [];
  teacher.forEach((image, b) => {
    image.forEach((row, y) => {
      row.forEach((values, x) => {
        values.forEach((value, to) => {
          let guessed = 0;
          regressor.forEach((weights, from) => {
            let pooled = 0;
            for (const [dy, dx] of [
              [0, 0],
              [0, 1],
              [1, 0],
              [1, 1],
            ] as const)
              pooled += (student[b]?.[2 * y + dy]?.[2 * x + dx]?.[from] as number) / 4;
            guessed += pooled * (weights[to] as number);
          });
          squares.push((guessed - value) ** 2);
        });
      });
    });
  });
  return squares.reduce((sum, square) => sum + square, 0) / squares.length;
}

describe.each(engineNames)("hint loss on %s", (engine) => {
  beforeAll(() => startEngine(engine));
  const inputs = () => [map(2, 4, 6, 3), map(2, 2, 3, 5), map(1, 1, 3, 5)] as const;

  test("equals the formula, written out in loops, where sides and channels differ", () => {
    const [student, teacher, regressor] = inputs();
    const expected = naive(
      student.arraySync(),
      teacher.arraySync(),
      regressor.squeeze<tf.Tensor2D>([0, 1]).arraySync(),
    );
    expect(number(hintLoss(student, teacher, regressor))).toBeCloseTo(expected, 5);
  });

  test("pools the teacher's map where that is the larger one", () => {
    const [large, small] = [map(2, 4, 6, 5), map(2, 2, 3, 5)];
    expect(number(hintLoss(small, large))).toBeCloseTo(number(hintLoss(large, small)), 6);
  });

  test("has the gradient of its finite differences, in student and regressor", () => {
    const [student, teacher, regressor] = inputs();
    const loss = (x: tf.Tensor, r: tf.Tensor) => hintLoss(x as tf.Tensor4D, teacher, r as tf.Tensor4D);
    expect(gradientError(loss, [student, regressor])).toBeLessThan(5e-3);
  });

  test("leaks nothing and leaves its inputs as they are", () => {
    const tensors = inputs();
    const before = tensors.map((tensor) => tensor.arraySync());
    expect(() => tf.tidy(() => void hintLoss(...tensors))).not.toLeak();
    expect(tensors.map((tensor) => tensor.arraySync())).toEqual(before);
  });
});

/** A student and a teacher, whose only map is `conv`, 4 and 6 channels wide; the stage is set up. */
async function stage(plugins: readonly Plugin[], config = {}) {
  const models = modelsOf({ student: tinyModel(), teacher: tinyModel({ channels: 6, seed: 1 }) });
  const training = createTraining({ plugins, config, services: { models } });
  await training.hooks.setup.promise(training);
  const batch = await training.hooks.batch.promise(tinyBatch(), step);
  const outputs = () => models.get("student").forward(batch, "train", training.wanted);
  return { training, batch, outputs };
}

describe("a hint", () => {
  beforeAll(() => startEngine("cpu"));

  test("asks the trained model for the map that it names, and the teacher for its own", async () => {
    const named = { student: "conv", teacher: "conv" };
    const { training, batch, outputs } = await stage([
      teacherFeatures({ maps: ["conv"] }),
      hint({ ...named, weight: 3 }),
    ]);
    expect(training.wanted.maps).toEqual(["conv"]);
    expect(Object.keys(batch.teacherMaps ?? {})).toEqual(["conv"]);
    const { maps } = outputs();
    const regressor = training.auxiliary.trained.get("hint/conv/conv.weight") as tf.Tensor as tf.Tensor4D;
    expect(regressor.shape).toEqual([1, 1, 4, 6]);
    const expected = hintLoss(maps?.conv as tf.Tensor4D, batch.teacherMaps?.conv as tf.Tensor4D, regressor);
    expect(number(training.hooks.loss.call({}, { maps }, batch, step).hint)).toBeCloseTo(3 * number(expected), 5);
  });

  test("can be chosen by name, in configuration alone", async () => {
    const config = {
      teachers: [{ name: "teacher-features", maps: ["conv"] }],
      losses: [{ name: "hint", student: "conv", teacher: "conv", weight: 0.5 }],
    } as const;
    const { training, batch, outputs } = await stage([losses(), teachers()], config);
    expect(Object.keys(training.hooks.loss.call({}, outputs(), batch, step))).toEqual(["hint"]);
  });

  test("trains no regressor where channels agree", async () => {
    const models = modelsOf({ student: tinyModel(), teacher: tinyModel({ seed: 1 }) });
    const training = createTraining({ plugins: [hint({ student: "conv", teacher: "conv" })], services: { models } });
    await training.hooks.setup.promise(training);
    expect(training.auxiliary.shapes.size).toBe(0);
  });

  test("names what it lacks: a name, a map of the model, a map that the teacher was to keep", async () => {
    expect(() => hint({ teacher: "conv" })).toThrow("FGKD_INVALID_OPTION");
    await expect(stage([hint({ student: "layer9", teacher: "conv" })])).rejects.toThrow(/layer9.*conv/);
    const { training, batch, outputs } = await stage([
      teacherFeatures({ maps: [] }),
      hint({ student: "conv", teacher: "conv" }),
    ]);
    expect(() => training.hooks.loss.call({}, outputs(), batch, step)).toThrow('maps: ["conv"]');
  });

  test("says so when the model gives no maps by name", async () => {
    const mute: Model = { parameters: new Parameters(), forward: () => ({}) };
    const training = createTraining({
      plugins: [hint({ student: "conv", teacher: "conv" })],
      services: { models: modelsOf({ student: mute, teacher: mute }) },
    });
    await expect(training.hooks.setup.promise(training)).rejects.toThrow("names its inner maps");
  });
});
