/** Who teaches, and with what: told before anything is computed wherever that can be known. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  alternate,
  type Config,
  createRun,
  definePlugin,
  definePreset,
  encodeSafetensors,
  type FgkdError,
  type Preset,
  type Run,
  type RunOptions,
} from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { teachers } from "../../../plugins/teachers/index.js";
import { startEngine } from "../../support/engines.js";
import { firstWeights } from "../../support/first-weights.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-teaching-"));
const open: Run[] = [];
beforeAll(() => startEngine("cpu"));
afterEach(async () => {
  for (const run of open.splice(0)) await run.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const imageNet = [0.485, 0.456, 0.406];
const distil = { trains: "student", teachers: [{ name: "teacher-logits" }] } as const;
const learn = { trains: "teacher" } as const;

function presetOf(stages: Preset["stages"]): Preset {
  return definePreset({
    name: "teaching-test",
    summary: "",
    plugins: [toy(), optimizers(), teachers(), toyLoss()],
    stages,
    defaults: { ...toySettings, input: { resize: 2, crop: 2 } } as Config,
  });
}

const taught = presetOf({ teacher: learn, student: distil });

async function runWith(preset: Preset, config: Config = {}, more: Partial<RunOptions> = {}) {
  const said: string[] = [];
  const logger = { info: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) };
  const run = await createRun({ preset, layers: [{ origin: "test", config }], logger, ...more });
  open.push(run);
  return { run, said };
}

/** A file for the toy model, which says what it is told to. */
async function fileSaying(about: object, value = 0.5): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.safetensors`);
  const tensors = new Map([
    ["fc.weight", { shape: [2, 4], data: new Float32Array(8).fill(value) }],
    ["fc.bias", { shape: [2], data: Float32Array.of(1, 2) }],
  ]);
  writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors, metadata: { fgkd: JSON.stringify(about) } })]));
  return path;
}

const passedOver = { teacher: { enabled: false } } as const;
const withTeacher = (weights: string, input?: object): Config => ({
  models: { teacher: { weights, ...(input && { input }) } },
  stages: passedOver,
});

describe("a teacher that is nothing but chance", () => {
  test.each<readonly [string, Preset, Config]>([
    ["whose stage is passed over", taught, { stages: passedOver }],
    ["whose stage has no epochs", taught, { stages: { teacher: { epochs: 0 } } }],
    ["whose stage comes later", presetOf({ student: distil, teacher: learn }), {}],
    ["that has no stage", presetOf({ student: distil }), {}],
  ])("is refused before anything runs: one %s", async (_, preset, config) => {
    await expect(runWith(preset, config)).rejects.toThrow(
      /^FGKD_INVALID_CONFIG models\.teacher: nothing trains the model of role "teacher" before it is used, and it has no weights: chance teaches nothing\. Give models\.teacher\.weights a file/,
    );
  });

  test("is refused at its first word where no list names it", async () => {
    const asking = definePlugin({
      name: "asking",
      defaults: {},
      apply: ({ hooks, models }) =>
        hooks.batch.tap("asking", (batch) => {
          models.get("teacher");
          return batch;
        }),
    });
    const { run } = await runWith(presetOf({ student: { trains: "student" } }), {}, { plugins: [asking()] });
    await expect(run.steps().next()).rejects.toThrow(
      /^FGKD_INVALID_CONFIG models\.teacher: .*\(In hooks\.batch of \[asking\], stage "student", epoch 1, step 1\.\)$/,
    );
  });

  test("is none when both take turns, or when each teaches itself", async () => {
    const turns = definePreset({
      ...presetOf({}),
      stages: { student: distil, teacher: learn },
      schedule: ({ student, teacher }) => alternate([student, 1], [teacher, 1]),
    });
    const { run } = await runWith(turns);
    await run.steps().next();
    const self = presetOf({
      student: { trains: "student", teachers: [{ name: "teacher-logits", teacher: "student" }] },
    });
    await (await runWith(self)).run.steps().next();
  });
});

describe("the file of a teacher", () => {
  const steps = async (run: Run) => {
    for await (const _ of run.steps());
  };

  test("is looked at before anything runs: one that is cut off, one of others' classes, one that is not there", async () => {
    const cut = join(folder, "cut.safetensors");
    writeFileSync(cut, Buffer.from([1, 2, 3]));
    await expect(runWith(taught, withTeacher(cut))).rejects.toThrow(`FGKD_CORRUPT_FILE ${cut}`);
    const others = await fileSaying({ classes: ["cold", "warm"] });
    await expect(runWith(taught, withTeacher(others))).rejects.toThrow(
      "its classifier was made for other classes: it knows cold, warm, which the data does not have, and the data has dark, light, which it does not know. Nothing trains this model",
    );
    await expect(runWith(taught, withTeacher(join(folder, "none")))).rejects.toThrow("FGKD_PATH");
  });

  test("teaches by the names of its classes, not by their order", async () => {
    const same = await fileSaying({ classes: ["dark", "light"] });
    const turned = await fileSaying({ classes: ["light", "dark"] });
    const biasOf = async (weights: string) => {
      const { run } = await runWith(taught, withTeacher(weights));
      return [...((await run.models.get("teacher").parameters.export()).get("fc.bias")?.data ?? [])];
    };
    expect(await biasOf(same)).toEqual([1, 2]);
    expect(await biasOf(turned)).toEqual([2, 1]);
  });

  test("keeps its own code when it is refused inside a hook", async () => {
    const { run } = await runWith(taught, withTeacher(await fileSaying({ classes: ["dark", "light"] }, Number.NaN)));
    const error: FgkdError = await steps(run).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(error.code).toBe("FGKD_CORRUPT_FILE");
    expect(error.message).toMatch(
      /tensor "fc\.weight" holds NaN .* \(In hooks\.batch of \[teacher-logits\], stage "student"/,
    );
  });

  test("for another normalisation is told, and the teacher gets its own", async () => {
    const mean = [0.1, 0.2, 0.3] as const;
    const deviation = [0.229, 0.224, 0.225];
    const weights = await fileSaying({
      classes: ["dark", "light"],
      input: { mean, deviation, size: 2, interpolation: "bicubic" },
    });
    const { run, said } = await runWith(taught, withTeacher(weights));
    expect(run.models.get("teacher").input).toMatchObject({ mean, size: 2, interpolation: "bicubic" });
    expect(said).toEqual([
      `teacher: ${weights} was made for a mean of 0.1, 0.2, 0.3, and gets it; the stage's input has 0.485, 0.456, 0.406. models.teacher.input.mean would say otherwise.`,
    ]);
  });

  test("for another size or deviation gives way to what the settings of its model say, with a word", async () => {
    const weights = await fileSaying({
      classes: ["dark", "light"],
      input: { mean: imageNet, size: 1, deviation: [0.5, 0.5, 0.5] },
    });
    const own = { size: null, deviation: [1, 1, 1] } as const;
    const { run, said } = await runWith(taught, withTeacher(weights, own));
    expect(run.models.get("teacher").input).toMatchObject(own);
    expect(said).toEqual([
      `teacher: ${weights} was made for a deviation of 0.5, 0.5, 0.5, and models.teacher.input.deviation says 1, 1, 1, which counts.`,
      `teacher: ${weights} was made for a size of 1, and models.teacher.input.size says null, which counts.`,
    ]);
  });

  test("that says nothing of its input is told, with what its model gets instead", async () => {
    const weights = await fileSaying({ classes: ["dark", "light"] });
    const { run, said } = await runWith(taught, withTeacher(weights));
    run.models.get("teacher");
    expect(said).toEqual([
      `teacher: ${weights} does not say what input it is for; it gets the stage's: mean 0.485, 0.456, 0.406, deviation 0.229, 0.224, 0.225.`,
    ]);
    const own = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
    const told = await runWith(taught, withTeacher(weights, own));
    told.run.models.get("teacher");
    expect(told.said).toEqual([]);
  });

  test("of a run with the same settings is taken without a word", async () => {
    const weights = await firstWeights({ preset: taught }, "teacher", folder);
    const { run, said } = await runWith(taught, withTeacher(weights));
    run.models.get("teacher");
    expect(said).toEqual([]);
  });
});

test("models that are only tested must come whole from their files, whatever the stages would train", async () => {
  const others = await fileSaying({ classes: ["cold", "warm"] });
  const config: Config = { models: { student: { weights: others } } };
  expect((await runWith(taught, config)).run.models.get("student")).toBeDefined();
  const { run } = await runWith(taught, config, { trains: false });
  expect(() => run.models.get("student")).toThrow("FGKD_WEIGHTS_MISMATCH");
  expect(() => run.models.get("teacher")).toThrow("FGKD_INVALID_CONFIG models.teacher: nothing trains");
});
