import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, defaults, type Model, need } from "../../../core/index.js";
import { createModels } from "../../../core/run/models.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { averagedWeights } from "../../../plugins/optimizers/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const stem = { filters: 2, size: 3, stride: 1, pool: false };
const backbone = { name: "resnet", block: "basic", depths: [1], widths: [2], stem } as const;

/** No file, and a stage that says nothing of its images. */
const asTheyCome = {
  fileOf: () => undefined,
  inputIn: () => undefined,
  homes: { of: () => defaults.input, isTrained: () => true },
};

/** A small network with batch norms, and a stage that keeps averages of it. */
function stage(decay: number) {
  const models = createModels(
    { student: { backbone } },
    {
      create: () => {
        const services = { classes: ["a", "b"] };
        return createTraining({ plugins: [resnet()], services }).backbones.choose(backbone);
      },
      load: () => new Set(),
      ...asTheyCome,
    },
  );
  const training = createTraining({ plugins: [averagedWeights({ decay })], services: { models } });
  const step = { epoch: 0, index: 0, progress: 0 };
  return {
    models,
    student: models.get("student"),
    setUp: () => training.hooks.setup.promise(training),
    update: (count: number) => training.hooks.update.promise({ count, learningRate: 1 }, step),
  };
}

const images = () =>
  tf.tidy(() =>
    tf
      .range(0, 2 * 4 * 4 * 3)
      .sin()
      .reshape<tf.Tensor4D>([2, 4, 4, 3]),
  );

const answers = (model: Model) =>
  tf.tidy(() => Array.from(need(model.forward({ images: images() }, "eval"), "logits", "test").dataSync()));

/** A step of training without an optimiser: running averages move, and every weight grows. */
function move({ parameters, forward }: Model): void {
  tf.tidy(() => {
    forward({ images: images() }, "train");
    for (const variable of parameters.trained.values()) variable.assign(variable.add(0.25));
  });
}

describe.each(engineNames)("averaged weights on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("average running statistics too, and copy what counts batches", async () => {
    const { student, models, setUp, update } = stage(0.75);
    await setUp();
    const before = await student.parameters.export();
    move(student);
    await update(1);
    const after = await student.parameters.export();
    const averages = await models.view("student", "ema").parameters.export();
    expect([...averages.keys()]).toEqual([...after.keys()]);
    for (const [name, { data }] of averages) {
      const [old, now] = [before, after].map((arrays) => [...(arrays.get(name)?.data ?? [])].map(Number));
      const share = name.endsWith("num_batches_tracked") ? 0 : 0.75;
      const wanted = old?.map((value, at) => share * value + (1 - share) * (now?.[at] ?? Number.NaN));
      expect([...data].map(Number), name).toEqual(wanted?.map((value) => expect.closeTo(value, 6)));
    }
    const moved = (name: string) => before.get(name)?.data[0] !== after.get(name)?.data[0];
    expect(["bn1.running_mean", "bn1.num_batches_tracked", "fc.bias"].map(moved)).toEqual([true, true, true]);
    models.dispose();
  });

  test("answer as a model of those weights does, and leave the model's own answers alone", async () => {
    const { student, models, setUp, update } = stage(0.5);
    await setUp();
    move(student);
    await update(1);
    const view = models.view("student", "ema");
    const own = answers(student);
    const averaged = answers(view);
    expect(averaged).not.toEqual(own);
    // Folded batch norms follow whichever weights are asked.
    expect([answers(student), answers(view), answers(view), answers(student)]).toEqual([own, averaged, averaged, own]);
    const other = stage(0.5);
    other.student.parameters.import(await view.parameters.export());
    expect(answers(other.student)).toEqual(averaged);
    expect(view.classifier?.bias).toBe(view.parameters.trained.get("fc.bias"));
    models.dispose();
    other.models.dispose();
  });

  test("cost one more model, and no tensor an update", async () => {
    const { student, models, setUp, update } = stage(0.5);
    await setUp();
    const before = tf.memory();
    for (const count of [1, 2]) {
      await update(count);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(student.parameters.variables.size);
    }
    models.dispose();
  });
});

describe("a view", () => {
  beforeAll(() => startEngine("cpu"));
  test("begins anew with each stage", async () => {
    const { student, models, setUp } = stage(0.5);
    await setUp();
    move(student);
    await setUp();
    expect(await models.view("student", "ema").parameters.export()).toEqual(await student.parameters.export());
    models.dispose();
  });
  test("cannot have the name of a role's file", () => {
    const create = () => stage(0.5).student;
    const models = createModels(
      { student: { backbone }, "student-ema": { backbone } },
      { create, load: () => new Set(), ...asTheyCome },
    );
    expect(() => models.addView("student", "ema")).toThrow('"student-ema"');
    expect(() => models.addView("student", "../ema")).toThrow("FGKD_INVALID_NAME");
    expect(() => models.view("student", "ema")).toThrow('no view of a model is registered as "student@ema"');
    expect(() => models.get("student@ema")).toThrow('no view of a model is registered as "student@ema"');
    models.dispose();
  });
  test.each([
    [{ decay: 1 }, '[averaged-weights] option "decay" must be in [0, 1)'],
    [{ view: "raw" }, '[averaged-weights] option "view" must be another name than raw'],
  ])("refuses %j", (options, message) => expect(() => averagedWeights(options)).toThrow(message));
});
