import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Config,
  createRun,
  createRunFolder,
  definePlugin,
  definePreset,
  encodeSafetensors,
  type InputSettings,
  type Model,
  type Normalisation,
  need,
  type PluginOption,
  type Run,
  readNewestCheckpoint,
  readSafetensors,
  silentLogger,
  writeCheckpoint,
} from "../../../core/index.js";
import { antialiasedResize } from "../../../core/ops/index.js";
import { tinyModel } from "../../../core/testing/index.js";
import { generatedImages, generators, noise } from "../../../plugins/generators/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { teacherLogits } from "../../../plugins/teachers/index.js";
import { startEngine } from "../../support/engines.js";
import { toyLoss } from "../../support/toy.js";
import "../../support/matchers.js";

declare module "../../../core/index.js" {
  interface Backbones {
    "inputs-test": {};
  }
  interface Sources {
    "inputs-pixels": { readonly whole?: boolean };
  }
}

const imageNet: Normalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const half = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;

let folder: string;
let open: Run[] = [];
beforeAll(() => startEngine("cpu"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fgkd-inputs-"));
});
afterEach(async () => {
  for (const run of open) await run.close();
  open = [];
  await rm(folder, { recursive: true });
});

/** The pixels of four pictures of a side. */
const pixels = (side: number) => Array.from({ length: 4 * side * side * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);

function pictures(side: number, { mean, deviation }: Normalisation): tf.Tensor4D {
  const values = pixels(side).map((v, i) => (v / 255 - (mean[i % 3] as number)) / (deviation[i % 3] as number));
  return tf.tensor4d(values, [4, side, side, 3]);
}

const parts = definePlugin({
  name: "inputs-test",
  defaults: {},
  register: ({ backbones, sources }) => {
    backbones.register("inputs-test", {
      defaults: {},
      create: (_, { stream }) => tinyModel({ classes: 2, seed: stream.next() }),
    });
    sources.register("inputs-pixels", {
      defaults: { whole: false },
      create: ({ whole }) => ({
        open: async () => ({
          classes: ["a", "b"],
          fingerprint: "inputs-pixels",
          count: () => 4,
          batchCount: () => 1,
          async *batches({ input, skip }) {
            if (skip > 0) return;
            const shape = [4, input.crop, input.crop, 3] as [number, number, number, number];
            const images = whole ? tf.tensor4d(pixels(input.crop), shape, "int32") : pictures(input.crop, input);
            yield { images, labels: tf.tensor2d([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]) };
          },
          close: async () => {},
        }),
      }),
    });
  },
});

const backbone = { name: "inputs-test" } as const;

async function runWith(config: Config, plugins: readonly PluginOption[] = [], lines: string[] = []): Promise<Run> {
  const run = await createRun({
    preset: definePreset({
      name: "inputs-test",
      summary: "",
      plugins: [parts(), optimizers(), toyLoss(), plugins],
      stages: { student: { trains: "student" } },
      defaults: {
        epochs: 2,
        batchSize: 4,
        data: { name: "inputs-pixels" },
        input: { resize: 8, crop: 8, ...half },
        models: { student: { backbone }, teacher: { backbone } },
      },
    }),
    layers: [{ origin: "test", config }],
    logger: { info: () => {}, warn: (line) => void lines.push(line) },
  });
  open.push(run);
  return run;
}

/** A file of weights for the tiny model, which says so of its input. */
async function weightsFor(input: object, name = "teacher"): Promise<string> {
  const { parameters } = tinyModel({ classes: 2, seed: 7 });
  const metadata = { fgkd: JSON.stringify({ classes: ["a", "b"], input }) };
  const tensors = await parameters.export();
  parameters.dispose();
  const path = join(folder, `${name}.safetensors`);
  await writeFile(path, Buffer.concat([...encodeSafetensors({ tensors, metadata })]));
  return path;
}

/** What a run's exported file says of the input. */
const saidBy = (role: string): InputSettings =>
  JSON.parse(readSafetensors(join(folder, `run/models/${role}.safetensors`)).metadata.fgkd ?? "").input;

/** Notes what the teacher says of each batch. */
const listening = (heard: number[][]) =>
  definePlugin({
    name: "listening",
    defaults: {},
    apply: ({ hooks }) =>
      hooks.batch.tap("listening", (batch) => {
        heard.push([...need(batch, "teacherLogits", "listening").dataSync()]);
        return batch;
      }),
  })();

const logits = (model: Model, images: tf.Tensor4D) =>
  tf.tidy(() => [...need(model.forward({ images }, "eval"), "logits", "test").dataSync()]);

describe("every model of a run", () => {
  test("is exported with its own input: a student of 4 px beside a teacher with its file's statistics", async () => {
    const weights = await weightsFor({ ...imageNet, size: 8, interpolation: "bicubic" });
    const models = { student: { input: { size: 4 } }, teacher: { weights } };
    const run = await runWith({ models }, [teacherLogits()]);
    const kept = await createRunFolder(join(folder, "run"), { preset: "x", layers: [], plugins: [] }, run);
    for await (const _ of run.steps());
    await kept.finish(run);
    await kept.close();
    const made = { resize: 8, fit: "shorter", crop: 8, channels: "rgb" };
    expect(saidBy("student")).toEqual({ ...made, ...half, size: 4, interpolation: "bilinear" });
    expect(saidBy("teacher")).toEqual({ ...made, ...imageNet, size: 8, interpolation: "bicubic" });
  });

  test("reads an exported file as its own input again", async () => {
    const first = await runWith({ models: { student: { input: { size: 4, ...imageNet } } } });
    const kept = await createRunFolder(join(folder, "run"), { preset: "x", layers: [], plugins: [] }, first);
    for await (const _ of first.steps());
    await kept.finish(first);
    await kept.close();
    const weights = join(folder, "run/models/student.safetensors");
    const second = await runWith({ models: { teacher: { weights } } });
    expect(second.models.get("teacher").input).toMatchObject({ ...imageNet, size: 4 });
  });

  test.each([
    ["normalised by the source", false],
    ["as pixels in whole numbers", true],
  ])("gets its own pixels of one batch, %s", async (_, whole) => {
    const weights = await weightsFor({ ...imageNet, size: 8 });
    const heard: number[][] = [];
    const data = { name: "inputs-pixels", whole } as const;
    const models = { student: { input: { size: 4 } }, teacher: { weights } };
    const run = await runWith({ data, models }, [teacherLogits(), listening(heard)]);
    const studentBefore = logits(run.models.get("student"), pictures(8, half));
    for await (const { losses } of run.steps()) expect(losses.supervised).toBeGreaterThan(0);
    // By hand: the same weights, on the pixels as the file's statistics have them.
    const teacher = tinyModel({ classes: 2, seed: 7 });
    expect(heard[0]).toBeAllclose(logits(teacher, pictures(8, imageNet)), { absolute: 1e-4 });
    const fresh = (await runWith({})).models.get("student");
    const bare = tinyModel({ classes: 2 });
    bare.parameters.import(await fresh.parameters.export());
    expect(studentBefore).toBeAllclose(logits(bare, antialiasedResize(pictures(8, half), [4, 4])), { absolute: 1e-5 });
  });

  test("that is trained here takes the size of its stage, and the statistics of its file", async () => {
    const weights = await weightsFor({ ...imageNet, size: 4 });
    const run = await runWith({ models: { student: { weights } } });
    expect(run.models.get("student").input).toMatchObject({ ...imageNet, size: null });
  });

  test("does what its settings say, against its file", async () => {
    const weights = await weightsFor({ ...imageNet, size: 4 });
    const run = await runWith({ models: { teacher: { weights, input: { mean: half.mean, size: null } } } });
    const { mean, deviation, size } = run.models.get("teacher").input ?? {};
    expect({ mean, deviation, size }).toEqual({ mean: half.mean, deviation: imageNet.deviation, size: null });
  });

  test("keeps its input when the run is resumed, whatever its file says by then", async () => {
    const weights = await weightsFor({ ...imageNet, size: 4 });
    const config = { models: { teacher: { weights } } };
    const first = await runWith(config, [teacherLogits()]);
    const steps = first.steps();
    await steps.next();
    await writeCheckpoint(join(folder, "checkpoints"), await first.save());
    await weightsFor({ ...half, size: 8 });
    const second = await runWith(config, [teacherLogits()]);
    expect(second.models.get("teacher").input).toMatchObject(half);
    const state = await readNewestCheckpoint(join(folder, "checkpoints"), silentLogger);
    second.load(state as NonNullable<typeof state>);
    expect(second.models.get("teacher").input).toEqual(first.models.get("teacher").input);
    expect(second.models.get("teacher").input).toMatchObject({ ...imageNet, size: 4 });
  });

  test("sees a generator's images in its own normalisation", async () => {
    const generator = { backbone: { name: "small-generator", size: 8, noise: 4, width: 4 } } as const;
    const differences: number[] = [];
    const look = definePlugin({
      name: "look",
      defaults: {},
      apply: ({ hooks, models }) =>
        hooks.batch.tap("look", (batch) => {
          const student = models.get("student");
          const images = need(batch, "images", "look");
          // The same pixels as the student's stage has them.
          const own = tf.tidy(() => images.mul(imageNet.deviation).add(imageNet.mean).sub(0.5).div(0.5) as tf.Tensor4D);
          const expected = logits(student, own);
          const seen = need(student.forward(batch, "eval"), "logits", "look").dataSync();
          differences.push(...expected.map((value, index) => Math.abs(value - (seen[index] as number))));
          differences.push(...logits(student, images).map((value, index) => Math.abs(value - (seen[index] as number))));
          return batch;
        }),
    });
    const config = { epochs: 1, models: { generator } };
    const run = await runWith(config, [generators(), noise({ size: 4 }), generatedImages(), look()]);
    await run.steps().next();
    expect(Math.max(...differences.slice(0, 8))).toBeLessThan(1e-4);
    expect(Math.max(...differences.slice(8))).toBeGreaterThan(1e-2);
  });
});

describe("an input that cannot be", () => {
  test("is refused before anything runs: larger than the images", async () => {
    await expect(runWith({ models: { student: { input: { size: 9 } } } })).rejects.toThrow(
      'FGKD_INVALID_OPTION [models.student.input] option "size" must be at most 8, the side of its images, received 9.',
    );
    await expect(runWith({ models: { student: { input: { size: 4, crop: 9 } } } })).rejects.toThrow('option "crop"');
  });

  test.each([
    [{ ...half, channels: "bgr" }, `says that the input's channels is "bgr". Images are "rgb" here`],
    [{ ...half, deviation: [0, 1, 1] }, "says that the input's deviation is [0,1,1]"],
    [{ ...half, mean: [123.675, 116.28, 103.53] }, "divide by 255 (123.675/255 = 0.485), and export the file again."],
    [{ ...half, deviation: [58.395, 57.12, 57.375] }, "divide by 255 (58.395/255 = 0.229), and export the file again."],
    [{ mean: "half" }, `says that the input's mean is "half"`],
    [{ size: 1.5 }, "says that the input's size is 1.5"],
  ])("is refused by the file that says so: %j", async (input, message) => {
    const weights = await weightsFor(input);
    await expect(runWith({ models: { teacher: { weights } } })).rejects.toThrow(message);
  });

  test("is refused by the setting's name", async () => {
    await expect(runWith({ models: { student: { input: { sise: 4 } as object } } })).rejects.toThrow(
      '[test › models › student › input] has no option "sise". Options: size, crop, interpolation, mean, deviation',
    );
  });
});

describe("the old name of an input's size", () => {
  test("is understood, lies over a preset's as the new one does, and a line tells the new one", async () => {
    const lines: string[] = [];
    const run = await runWith({ models: { student: { inputSize: 2 }, teacher: { inputSize: null } } }, [], lines);
    expect(run.config.run.models.student).toEqual({ backbone, input: { size: 2 } });
    expect(run.models.get("student").input?.size).toBe(2);
    expect(lines).toEqual([
      "test: models.student.inputSize is called models.student.input.size now; the old name goes with the next version.",
      "test: models.teacher.inputSize is called models.teacher.input.size now; the old name goes with the next version.",
    ]);
  });
});
