import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type Config,
  checkRun,
  createRun,
  definePlugin,
  definePreset,
  encodeSafetensors,
  type Logger,
  type NamedArray,
  type Preset,
} from "../../../core/index.js";
import { catalogue } from "../../../plugins/index.js";
import { startEngine } from "../../support/engines.js";
import { toy, toyLoss, toyModel, toySettings } from "../../support/toy.js";

beforeAll(() => startEngine("cpu"));

/** Nothing in it taps a hook: all that it asks for is known. */
const known = definePreset({
  name: "known",
  summary: "a teacher, then its student",
  plugins: [catalogue(), toy()],
  stages: {
    teacher: { trains: "teacher", losses: [{ name: "cross-entropy" }] },
    student: {
      trains: "student",
      teachers: [{ name: "teacher-logits" }],
      losses: [{ name: "cross-entropy" }, { name: "logit-distillation" }],
    },
  },
  defaults: toySettings,
});

const layersOf = (config: object) => [{ origin: "test", config: config as Config }];

describe("a name that does not exist", () => {
  test.each([
    [{ models: { studnet: { weights: "a.safetensors" } } }, 'no model role is registered as "studnet"', "student"],
    [{ models: { techer: { backbone: { scale: 2 } } } }, 'no model role is registered as "techer"', "teacher"],
    [{ models: { students: { input: { size: 2 } } } }, 'no model role is registered as "students"', "student"],
    [
      { models: { teachr: { backbone: { name: "toy-linear" } } } },
      'no model role is registered as "teachr"',
      "teacher",
    ],
    [
      { models: { student: { backbone: { name: "toy-liner" } } } },
      'no backbone is registered as "toy-liner"',
      "toy-linear",
    ],
    [{ models: { student: { backbone: { scal: 1 } } } }, '[backbone toy-linear] has no option "scal"', "scale"],
    [{ stages: { studnt: { epochs: 1 } } }, 'no stage is registered as "studnt"', "student"],
    [{ stages: { student: { epohcs: 1 } } }, 'has no option "epohcs"', "epochs"],
    [{ options: { "cross-entrpy": { smoothing: 0.1 } } }, 'no plugin is registered as "cross-entrpy"', "cross-entropy"],
    [{ options: { "cross-entropy": { smothing: 0.1 } } }, '[loss cross-entropy] has no option "smothing"', "smoothing"],
    [{ without: ["teacher-logit"] }, 'no plugin is registered as "teacher-logit"', "teacher-logits"],
    [{ losses: [{ name: "cros-entropy" }] }, 'no loss is registered as "cros-entropy"', "cross-entropy"],
    [{ data: { name: "toy-point" } }, 'no source is registered as "toy-point"', "toy-points"],
    [{ data: { trian: 4 } }, '[source toy-points] has no option "trian"', "train"],
    [{ engine: "onednnn" }, 'no engine is registered as "onednnn"', "onednn"],
    [{ optimizer: { name: "sdg" } }, 'no optimizer is registered as "sdg"', "sgd"],
    [{ optimizer: { momentun: 0.9 } }, '[optimizer sgd] has no option "momentun"', "momentum"],
    [{ optimizer: { schedule: { name: "cosin" } } }, 'no schedule is registered as "cosin"', "cosine"],
    [{ evaluation: { metrics: [{ name: "top-11" }] } }, 'no metric is registered as "top-11"', "top-1"],
    [{ input: { transforms: { train: [{ name: "fli" }] } } }, 'no transform is registered as "fli"', "flip"],
  ])("is told with the nearest one, before any data is opened: %j", (config, problem, nearest) => {
    const look = () => checkRun({ preset: known, layers: layersOf(config) });
    expect(look).toThrow(problem);
    expect(look).toThrow(`Did you mean "${nearest}"?`);
  });

  test("is none where an entry asks for it: a second teacher, by its role", () => {
    const stages = { student: { teachers: [{ name: "teacher-logits", teacher: "expert" }] } };
    const models = { expert: { backbone: { name: "toy-linear" } } };
    expect(() => checkRun({ preset: known, layers: layersOf({ stages, models }) })).not.toThrow();
  });

  test("may be a role that a plugin asks for unsaid, which gets a word", () => {
    const told: string[] = [];
    const logger: Logger = { info: () => {}, warn: (text) => void told.push(text) };
    const layers = layersOf({ models: { judge: { backbone: { name: "toy-linear" } } } });
    checkRun({ preset: known, layers, plugins: [toyLoss()], logger });
    expect(told).toEqual([expect.stringContaining("models.judge is used only if a plugin asks for it unsaid")]);
    expect(() => checkRun({ preset: known, layers })).toThrow('no model role is registered as "judge"');
  });
});

/** A file of the toy's weights; its classifier is part of every shape. */
async function weightsOf(shapes: Readonly<Record<string, readonly number[]>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fgkd-preflight-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tensors = new Map(
    Object.entries(shapes).map(([name, shape]): [string, NamedArray] => {
      return [name, { shape, data: new Float32Array(shape.reduce((size, side) => size * side, 1)) }];
    }),
  );
  const file = join(folder, "weights.safetensors");
  await writeFile(file, Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]));
  return file;
}

const runOf = async (config: object, preset: Preset = known) => {
  const run = await createRun({ preset, layers: layersOf(config) });
  onTestFinished(() => run.close());
  return run;
};

describe("what the last stage would fail at", () => {
  test("is a file that is not there, told before the data is opened", async () => {
    const config = { models: { student: { weights: "/nowhere/student.safetensors" } }, data: { name: "unopened" } };
    const unopened = definePlugin({
      name: "unopened",
      defaults: {},
      register: ({ sources }) =>
        sources.register("unopened" as never, {
          defaults: {},
          create: () => ({ open: () => Promise.reject(new Error("it was opened")) }),
        }),
    });
    await expect(runOf(config, { ...known, plugins: [...known.plugins, unopened()] })).rejects.toThrow(
      /FGKD_PATH .*student.safetensors: cannot be opened \(ENOENT\)/,
    );
  });

  test.each(["not a safetensors file", "PK\u0003\u0004 of a .pth", ""])("is a file that is none: %j", async (text) => {
    const file = await weightsOf({});
    await writeFile(file, text);
    await expect(runOf({ models: { teacher: { weights: file } } })).rejects.toThrow("FGKD_CORRUPT_FILE");
  });

  test.each([
    [{ "fc.weight": [2, 5], "fc.bias": [2] }, '"fc.weight" is [2,5], not [2,4]'],
    [{ "fc.weight": [2, 4, 1, 1], "fc.bias": [2] }, '"fc.weight" is [2,4,1,1], not [2,4]'],
    [{ "fc.weight": [2, 4], "fc.bias": [2, 2] }, '"fc.bias" is [2,2], not [2]'],
  ])("is a file of other shapes: %j", async (shapes, problem) => {
    for (const role of ["teacher", "student"]) {
      const run = await runOf({ models: { [role]: { weights: await weightsOf(shapes) } } });
      const before = tf.memory().numTensors;
      expect(() => run.check()).toThrow(problem);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test("is a network that its options do not make", async () => {
    const backbone = { name: "resnet", depths: [1, 1], widths: [4], strides: [1] };
    await expect(runOf({ models: { student: { backbone } } })).rejects.toThrow("FGKD_INVALID_OPTION [backbone resnet]");
  });

  test("is a batch of more images than there are", async () => {
    const run = await runOf({ stages: { student: { batchSize: 13 } } });
    expect(() => run.check()).toThrow(
      'stage "student": its batchSize is 13, and it has 12 images to train on. Lower the batch size, or add images.',
    );
  });

  test("is an inner map that the network does not have", async () => {
    const backbone = { name: "resnet", block: "basic", depths: [1], widths: [4], strides: [1] };
    const config = {
      models: { student: { backbone } },
      stages: {
        student: {
          teachers: [{ name: "teacher-features", maps: ["layer1"] }],
          losses: [{ name: "hint", student: "layer2", teacher: "layer1" }],
        },
      },
    };
    const run = await runOf(config);
    expect(() => run.check()).toThrow('no map is registered as "layer2"');
  });

  test("is a teacher that wants larger images than the student's stage has", async () => {
    const config = { models: { teacher: { input: { size: 300 } } }, stages: { student: { input: { crop: 256 } } } };
    const run = await runOf(config);
    expect(() => run.check()).toThrow('[models.teacher.input] option "size" must be at most 256');
  });

  test("is a group of weights that the network does not know", async () => {
    const groups = [{ name: "layer-decay", rate: 0.5 }];
    const run = await runOf({ stages: { student: { optimizer: { groups } } } });
    expect(() => run.check()).toThrow('[parameter group layer-decay] needs "depths"');
  });
});

describe("looking ahead", () => {
  test("changes nothing: no number is drawn, no tensor stays, no word is said, and the weights are the same", async () => {
    const told: string[] = [];
    const logger: Logger = { info: (text) => void told.push(text), warn: (text) => void told.push(text) };
    const weights = await weightsOf({ "fc.weight": [3, 4], "fc.bias": [3] });
    const layers = layersOf({ models: { student: { weights } } });
    const [one, other] = [await createRun({ preset: known, layers, logger }), await runOf({})];
    onTestFinished(() => one.close());
    const before = tf.memory().numTensors;
    one.check();
    expect([told, one.models.built, tf.memory().numTensors]).toEqual([[], [], before]);
    expect((await one.save()).random).toEqual((await other.save()).random);
    const values = await one.models.get("teacher").parameters.export();
    expect(values).toEqual(await other.models.get("teacher").parameters.export());
    // Only once the student is made for work is it told that it starts afresh.
    one.models.get("student");
    expect(told).toEqual([expect.stringContaining("it starts afresh")]);
  });

  test("leaves a role alone that a preset's settings speak of and no stage asks for", async () => {
    const { student } = known.stages;
    const alone = { ...known, stages: { student: { ...student, teachers: [], losses: [{ name: "cross-entropy" }] } } };
    const run = await runOf({}, alone as Preset);
    expect(Object.keys(run.config.run.models)).toContain("teacher");
    expect(() => run.check()).not.toThrow();
  });

  test("makes members that are alike once, of numbers that cost nothing", async () => {
    let made = 0;
    const heavy = definePlugin({
      name: "heavy",
      defaults: {},
      register: ({ backbones }) =>
        backbones.register("heavy" as never, {
          defaults: {},
          create: (_: object, { stream }) => {
            made += 1;
            // Drawn one by one they would take seconds.
            const values = stream.normals(1e7);
            expect([values.length, values.some(Number.isNaN), values[0] === values[1]]).toEqual([1e7, false, false]);
            return toyModel(values.slice(0, 8));
          },
        }),
    });
    const roles = ["member-1", "member-2", "member-3"];
    const members = definePreset({
      name: "members",
      summary: "",
      plugins: [catalogue(), toy(), heavy()],
      stages: Object.fromEntries(roles.map((role) => [role, { trains: role, losses: [{ name: "cross-entropy" }] }])),
      defaults: {
        ...toySettings,
        models: Object.fromEntries(roles.map((role) => [role, { backbone: { name: "heavy" } }])),
      } as never,
    });
    const run = await runOf({}, members);
    run.check();
    expect(made).toBe(1);
  });
});
