import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRun, definePlugin, definePreset, need, type PluginOption } from "../../../core/index.js";
import { antialiasedResize } from "../../../core/ops/index.js";
import { tinyBatch, tinyModel } from "../../../core/testing/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";
import { toy, toySource } from "../../support/toy.js";
import "../../support/matchers.js";

declare module "../../../core/index.js" {
  interface Backbones {
    "models-test": {};
  }
}

beforeAll(() => startEngine("cpu"));

/** The size of the images that a model was given last. */
const seen: number[] = [];

const tiny = definePlugin({
  name: "models-test",
  defaults: {},
  apply: ({ backbones }) =>
    backbones.register("models-test", {
      defaults: {},
      create: (_, { classes, stream }) => {
        const model = tinyModel({ classes: classes.length, seed: stream.next() });
        return {
          ...model,
          forward: (batch, mode) => {
            seen.push(need(batch, "images", "models-test").shape[1]);
            return model.forward(batch, mode);
          },
        };
      },
    }),
});

const runWith = (models: Record<string, object>, plugins: readonly PluginOption[] = []) =>
  createRun({
    preset: definePreset({
      name: "models-test",
      summary: "",
      plugins: [toy(), tiny(), optimizers(), plugins],
      // Each role has a stage: what nothing trains must have weights.
      stages: Object.fromEntries(Object.keys(models).map((role) => [role, { trains: role }])),
      defaults: { data: { name: "toy-points" }, models: models as never },
    }),
  });

const backbone = { name: "models-test" } as const;

describe("the models of a run", () => {
  test("are built when first asked for, once", async () => {
    const run = await runWith({ student: { backbone }, teacher: { backbone } });
    expect(run.models.built).toEqual([]);
    expect(run.models.get("teacher")).toBe(run.models.get("teacher"));
    expect(run.models.built).toEqual(["teacher"]);
    await run.close();
  });

  test("have one output for each class of the data", async () => {
    const run = await runWith({ student: { backbone } });
    expect(run.models.get("student").classifier?.weight.shape[1]).toBe(toySource(4).classes.length);
    await run.close();
  });

  test("start from weights that depend on the role, not on who is built first", async () => {
    const weights = async (order: readonly string[]) => {
      const run = await runWith({ student: { backbone }, teacher: { backbone } });
      for (const role of order) run.models.get(role);
      const values = [...(await run.models.get("student").parameters.export()).values()].map(({ data }) => [...data]);
      const others = [...(await run.models.get("teacher").parameters.export()).values()].map(({ data }) => [...data]);
      await run.close();
      return { values, others };
    };
    const first = await weights(["student", "teacher"]);
    expect(await weights(["teacher", "student"])).toEqual(first);
    expect(first.values).not.toEqual(first.others);
  });

  test("refuse a role that the config does not have, by the roles it has", async () => {
    const run = await runWith({ student: { backbone } });
    expect(() => run.models.get("techer")).toThrow('no model role is registered as "techer". Registered: student.');
    await run.close();
  });

  test("refuse a backbone that no plugin registered, by those registered", async () => {
    await expect(runWith({ student: { backbone: { name: "resnet" } } })).rejects.toThrow(
      /no backbone is registered as "resnet". Registered: .*models-test/,
    );
  });

  test("are freed with the run", async () => {
    const before = tf.memory().numTensors;
    const run = await runWith({ student: { backbone } });
    run.models.get("student");
    await run.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("a model with an input size", () => {
  test("sees its images reduced as the antialiased resize does, in training and in tests", async () => {
    const run = await runWith({ small: { backbone, input: { size: 4 } }, student: { backbone } });
    const batch = tinyBatch({ size: 8 });
    const small = run.models.get("small");
    const reduced = tf.tidy(() => antialiasedResize(batch.images, [4, 4]));
    for (const mode of ["train", "batch-statistics", "eval"] as const) {
      const [through, direct] = tf.tidy(() => [
        need(small.forward(batch, mode), "logits", "test").clone(),
        need(small.forward({ ...batch, images: reduced }, mode), "logits", "test").clone(),
      ]);
      expect(seen.slice(-2)).toEqual([4, 4]);
      expect(through as tf.Tensor).toBeAllclose(direct as tf.Tensor);
      tf.dispose([through as tf.Tensor, direct as tf.Tensor]);
    }
    expect(batch.images.isDisposed).toBe(false);
    reduced.dispose();
    tf.dispose([batch.images, batch.labels]);
    await run.close();
  });

  test("leaves another model's images alone", async () => {
    const run = await runWith({ small: { backbone, input: { size: 4 } }, student: { backbone } });
    const batch = tinyBatch({ size: 8 });
    tf.tidy(() => void run.models.get("student").forward(batch, "eval"));
    expect(seen.at(-1)).toBe(8);
    tf.dispose([batch.images, batch.labels]);
    await run.close();
  });

  test("keeps its parameters and its classifier within reach", async () => {
    const run = await runWith({ student: { backbone, input: { size: 4 } } });
    const { parameters, classifier } = run.models.get("student");
    expect([...parameters.trained.keys()]).toEqual(["conv.weight", "fc.weight", "fc.bias"]);
    expect(classifier?.weight).toBe(parameters.trained.get("fc.weight"));
    await run.close();
  });
});
