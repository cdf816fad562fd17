import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  alternate,
  createRun,
  definePlugin,
  definePreset,
  encodeSafetensors,
  need,
  type Pass,
  type Preset,
  type Run,
  readNewestCheckpoint,
  silentLogger,
  writeCheckpoint,
} from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings, toySource } from "../../support/toy.js";

declare module "../../../core/index.js" {
  interface Sources {
    "watched-points": {};
  }
}

/** What was asked of the data, in order: `teacher train`, … */
let asked: string[] = [];

const watched = definePlugin({
  name: "watched",
  defaults: {},
  register({ sources }) {
    const source = toySource(12);
    const batches = (pass: Pass) => {
      asked.push(pass.split);
      return source.batches(pass);
    };
    sources.register("watched-points", {
      defaults: {},
      create: () => ({ open: async () => ({ ...source, batches }) }),
    });
  },
});

/** Images out of thin air, with a scale that the stage learns beside its model. */
const dream = definePlugin({
  name: "dream",
  defaults: {},
  apply(training) {
    const { hooks, auxiliary } = training;
    const random = training.stream("dream");
    hooks.setup.tap("dream", () => void auxiliary.weight("scale", [1], "plain", () => random.normals(1)));
    hooks.batch.tap("dream", () => ({
      images: tf.tensor4d(random.normals(16), [4, 2, 2, 1]),
      labels: tf.tensor2d([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]),
    }));
    hooks.forward.tap("dream", (outputs) => ({
      ...outputs,
      logits: need(outputs, "logits", "dream").mul<tf.Tensor2D>(auxiliary.trained.get("scale") as tf.Tensor),
    }));
  },
});

const stages = {
  teacher: { trains: "teacher", plugins: [toyLoss()] },
  student: {
    trains: "student",
    data: "none",
    plugins: [dream(), toyLoss()],
    settings: { stepsPerEpoch: 5, optimizer: { momentum: 0.9 } },
  },
} as const;

const preset: Preset = definePreset({
  name: "toy-data-free",
  summary: "a teacher with data, then a student without",
  plugins: [toy(), watched(), optimizers()],
  stages,
  defaults: { ...toySettings, data: { name: "watched-points" } },
});

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fgkd-"));
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function drive(run: Run, steps = Number.POSITIVE_INFINITY): Promise<void> {
  let taken = 0;
  if (steps > 0) for await (const _ of run.steps()) if (++taken >= steps) break;
}

describe("a stage without data", () => {
  test("asks its data for test images only, and takes as many steps an epoch as it is told", async () => {
    const run = await createRun({
      preset,
      layers: [{ origin: "test", config: { stages: { teacher: { enabled: false } } } }],
    });
    const reports: number[] = [];
    for await (const { step } of run.steps()) reports.push(step.index);
    expect(reports).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
    expect(asked).toEqual(["test", "test", "test"]);
    expect(run.history.map(({ metrics }) => metrics.accuracy)).toEqual([
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    await run.close();
  });

  test("says so where the run's manifest names the data", async () => {
    const run = await createRun({ preset });
    expect(run.fingerprints).toEqual({ teacher: "toy-12", student: "no data: makes its own images; tested on toy-12" });
    await run.close();
  });

  test("needs no data at all when the class names are known, and is then not tested", async () => {
    const first = await createRun({ preset });
    await drive(first);
    const teacher = join(folder, "teacher.safetensors");
    const tensors = await first.models.get("teacher").parameters.export();
    const metadata = { fgkd: JSON.stringify({ classes: first.classes }) };
    await writeFile(teacher, Buffer.concat([...encodeSafetensors({ tensors, metadata })]));
    await first.close();
    const config = { data: null, models: { teacher: { weights: teacher } }, stages: { teacher: { enabled: false } } };
    const run = await createRun({ preset, layers: [{ origin: "test", config }] });
    expect(run.classes).toEqual(["dark", "light"]);
    expect(run.fingerprints).toEqual({ student: "no data: makes its own images; not tested" });
    await drive(run);
    expect(run.history.map(({ metrics }) => metrics)).toEqual([{}, {}, {}]);
    await run.close();
  });
});

describe("weights that a stage trains beside its model", () => {
  test("learn, are part of no model, and go on after a stop with the same values", async () => {
    const whole = await createRun({ preset });
    await drive(whole);
    const expected = await whole.save();
    expect([...(expected.models.student?.keys() ?? [])]).toEqual(["fc.weight", "fc.bias"]);
    await whole.close();

    const stopped = await createRun({ preset });
    await drive(stopped, 9 + 7);
    await writeCheckpoint(folder, await stopped.save());
    await stopped.close();
    const resumed = await createRun({ preset });
    resumed.load((await readNewestCheckpoint(folder, silentLogger)) ?? expected);
    await drive(resumed);
    const actual = await resumed.save();
    expect(actual.models).toEqual(expected.models);
    expect(actual.history).toEqual(expected.history);
    await resumed.close();
  });
});

describe("stages in turns", () => {
  test("are saved with arrays of the caller's, also when they still wait for their turn after a stop", async () => {
    const stopped = await createRun({ preset });
    await drive(stopped, 9 + 2);
    const state = await stopped.save();
    await stopped.close();
    const resumed = await createRun({ preset });
    resumed.load(structuredClone(state));
    // As the thread does that writes checkpoints.
    const taken = [...((await resumed.save()).stages.student?.optimizer?.slots.values() ?? [])];
    expect(taken.length).toBeGreaterThan(0);
    for (const { data } of taken) structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
    expect((await resumed.save()).stages.student).toEqual(state.stages.student);
    await resumed.close();
  });

  test("take as many steps a turn as their settings say", async () => {
    const inTurns = definePreset({
      name: "toy-in-turns",
      summary: "a teacher and a student without data, in turns",
      plugins: preset.plugins,
      defaults: preset.defaults,
      stages,
      schedule: ({ teacher, student }, settings) =>
        alternate([teacher, settings.teacher.stepsPerTurn], [student, settings.student.stepsPerTurn]),
    });
    const config = { stages: { teacher: { stepsPerTurn: 2 }, student: { stepsPerTurn: 3 } } };
    const run = await createRun({ preset: inTurns, layers: [{ origin: "test", config }] });
    const order: string[] = [];
    for await (const { stage } of run.steps()) order.push(stage[0] as string);
    // Nine steps of the teacher end it.
    expect(order.join("")).toBe("ttsssttsssttsssttssst");
    await run.close();
  });
});
