import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  alternate,
  createRun,
  definePlugin,
  definePreset,
  need,
  type Plugin,
  type PluginOption,
  type Preset,
  type Run,
  type RunState,
  readNewestCheckpoint,
  replace,
  type StepReport,
  type Steps,
  silentLogger,
  type Training,
  writeCheckpoint,
} from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { firstWeights } from "../../support/first-weights.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const plugins: readonly PluginOption[] = [toy(), optimizers()];

/** A stranger's plugin with state of its own: noise that grows with every batch it has seen. */
const restless = definePlugin({
  name: "restless",
  defaults: {},
  apply(training) {
    let seen = 0;
    const random = training.stream("restless");
    training.state.declare("restless", {
      save: () => ({ values: seen }),
      load: ({ values }) => {
        seen = values as number;
      },
    });
    training.hooks.batch.tap("restless", (batch) => {
      seen += 1;
      const images = tf.tidy(() => need(batch, "images", "restless").add(0.01 * seen * random.next())) as tf.Tensor4D;
      return replace(batch, { images });
    });
  },
});

/** Learns from the teacher's logits. */
const imitation = definePlugin({
  name: "imitation",
  defaults: {},
  apply({ hooks, models }) {
    hooks.batch.tap("imitation", (batch) =>
      replace(batch, {
        teacherLogits: tf.tidy(() => need(models.get("teacher").forward(batch, "eval"), "logits", "imitation")),
      }),
    );
    hooks.loss.tap("imitation", (terms, outputs, batch) => ({
      ...terms,
      imitation: tf.losses
        .meanSquaredError(need(batch, "teacherLogits", "imitation"), need(outputs, "logits", "imitation"))
        .asScalar(),
    }));
  },
});

const twoStages = definePreset({
  name: "toy-distillation",
  summary: "a teacher, then its student",
  plugins,
  stages: {
    teacher: { trains: "teacher", plugins: [toyLoss()] },
    student: { trains: "student", plugins: [restless(), imitation()], settings: { optimizer: { momentum: 0.9 } } },
  },
  defaults: toySettings,
});

const takingTurns = definePreset({
  name: "toy-turns",
  summary: "two models learn from each other in turns",
  plugins,
  stages: {
    teacher: { trains: "teacher", plugins: [toyLoss()] },
    student: { trains: "student", plugins: [restless(), imitation()] },
  },
  defaults: toySettings,
  schedule: ({ teacher, student }) => alternate([teacher, 1], [student, 2]),
});

async function weights(run: Run): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  for (const role of ["teacher", "student"])
    for (const [name, { data }] of await run.models.get(role).parameters.export())
      all[`${role}/${name}`] = [...data].map(Number);
  return all;
}

async function takeSteps(run: Run, limit = Number.POSITIVE_INFINITY): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  if (limit === 0) return reports;
  const steps = run.steps();
  for (let next = await steps.next(); !next.done; next = await steps.next()) {
    reports.push(next.value);
    if (reports.length >= limit) break;
  }
  return reports;
}

async function wholeRun(preset: Preset) {
  const run = await createRun({ preset });
  const reports = await takeSteps(run);
  const result = { reports, weights: await weights(run), history: [...run.history] };
  await run.close();
  return result;
}

describe("methods composed from outside the core", () => {
  test("two stages: the student starts when its teacher is done", async () => {
    const { reports } = await wholeRun(twoStages);
    expect(reports.map(({ stage }) => stage[0]).join("")).toBe("tttttttttsssssssss");
    expect(Object.keys(reports.at(-1)?.losses ?? {})).toEqual(["imitation"]);
  });

  test("turns: one step of the teacher, two of the student", async () => {
    const { reports } = await wholeRun(takingTurns);
    expect(reports.map(({ stage }) => stage[0]).join("")).toMatch(/^tsstsstss/);
  });

  test("the stage trains the model of its role and no other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fgkd-run-"));
    const weights = await firstWeights({ preset: twoStages }, "teacher", folder);
    const config = { models: { teacher: { weights } }, stages: { teacher: { enabled: false } } };
    const run = await createRun({ preset: twoStages, layers: [{ origin: "test", config }] });
    const before = [...((await run.models.get("teacher").parameters.trained.get("fc.weight")?.data()) ?? [])];
    await takeSteps(run);
    expect([...((await run.models.get("teacher").parameters.trained.get("fc.weight")?.data()) ?? [])]).toEqual(before);
    await run.close();
    await rm(folder, { recursive: true });
  });

  test("the last report of an epoch carries its mean losses and test accuracy", async () => {
    const { reports } = await wholeRun(twoStages);
    const ends = reports.filter(({ epoch }) => epoch);
    expect(ends).toHaveLength(6);
    expect(ends[0]?.epoch?.metrics.accuracy).toBeGreaterThanOrEqual(0);
  });

  test("what a plugin measures at the end of an epoch is kept with its metrics", async () => {
    const ruler = definePlugin({
      name: "ruler",
      defaults: {},
      apply: ({ hooks }) => hooks.epoch.tap("ruler", ({ epoch, measure }) => measure({ length: 10 + epoch })),
    });
    const run = await createRun({ preset: twoStages, plugins: [ruler()] });
    const ends = (await takeSteps(run)).flatMap(({ epoch }) => (epoch ? [epoch] : []));
    expect(ends.map(({ metrics }) => metrics.length)).toEqual([10, 11, 12, 10, 11, 12]);
    expect(ends.every(({ metrics }) => metrics.accuracy !== undefined)).toBe(true);
    expect(run.history).toEqual(ends);
    await run.close();
  });

  test("tensors that a plugin frees when its stage is left are in later checkpoints too", async () => {
    const frugal = definePlugin({
      name: "frugal",
      defaults: {},
      apply({ hooks, state, stage }) {
        let kept: tf.Tensor | undefined;
        hooks.setup.tap("frugal", () => {
          kept = tf.scalar(stage.length);
        });
        state.declare("frugal", {
          save: async () => {
            const data = Float32Array.from((await kept?.data()) ?? []);
            return { tensors: new Map([["kept", { shape: [], data }]]) };
          },
          load: () => {},
          dispose: () => kept?.dispose(),
        });
      },
    });
    for (const preset of [twoStages, takingTurns]) {
      const run = await createRun({ preset, plugins: [frugal()] });
      await takeSteps(run);
      const { stages } = await run.save();
      const kept = ["teacher", "student"].map((stage) => stages[stage]?.plugins.frugal?.tensors?.get("kept")?.data[0]);
      expect(kept).toEqual([7, 7]);
      await run.close();
    }
  });

  test("a run leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await wholeRun(takingTurns);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("the same run twice ends with the same weights; another seed does not", async () => {
    const first = await wholeRun(twoStages);
    expect((await wholeRun(twoStages)).weights).toEqual(first.weights);
    const other = await createRun({ preset: twoStages, layers: [{ origin: "test", config: { seed: 1 } }] });
    await takeSteps(other);
    expect(await weights(other)).not.toEqual(first.weights);
    await other.close();
  });
});

describe("a run that is interrupted", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fgkd-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function interrupted(preset: Preset, after: number) {
    const first = await createRun({ preset });
    await takeSteps(first, after);
    await writeCheckpoint(folder, await first.save());
    await first.close();
    const second = await createRun({ preset });
    second.load((await readNewestCheckpoint(folder, silentLogger)) ?? expect.unreachable());
    const reports = await takeSteps(second);
    const result = { reports, weights: await weights(second), history: [...second.history] };
    await second.close();
    return result;
  }

  test.each([
    [twoStages, 2],
    [twoStages, 9],
    [twoStages, 13],
    [twoStages, 17],
    [takingTurns, 1],
    [takingTurns, 5],
    [takingTurns, 11],
  ])("$name, stopped after %i steps, ends as if it had not been", async (preset, after) => {
    const whole = await wholeRun(preset);
    const resumed = await interrupted(preset, after);
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.reports).toEqual(whole.reports.slice(after));
  });

  test.each([
    [twoStages, 8, 2],
    [twoStages, 12, 1],
    [takingTurns, 4, 1],
    [takingTurns, 5, 1],
    [takingTurns, 6, 2],
  ])("$name, stopped after %i steps and again %i later, ends as if it had not been", async (preset, after, later) => {
    let state: RunState | undefined;
    for (const steps of [after, later, Number.POSITIVE_INFINITY]) {
      const run = await createRun({ preset });
      if (state) run.load(state);
      await takeSteps(run, steps);
      state = await run.save();
      const end = { weights: await weights(run), history: [...run.history] };
      await run.close();
      if (steps > later && steps > after) {
        const whole = await wholeRun(preset);
        expect(end).toEqual({ weights: whole.weights, history: whole.history });
      }
    }
  });

  test("a setup tap that fills weights does so when the stage begins, and not over what was trained since", async () => {
    const fill = definePlugin({
      name: "fill",
      defaults: {},
      apply: ({ hooks, models }) =>
        hooks.setup.tapPromise("fill", async () => {
          const { parameters } = models.get("student");
          const values = [...(await parameters.export())].map(([name, { shape, data }]) => {
            return [name, { shape, data: new Float32Array(data.length).fill(0.5) }] as const;
          });
          parameters.import(new Map(values));
        }),
    });
    const preset = definePreset({ ...twoStages, plugins: [plugins, fill()] });
    const whole = await wholeRun(preset);
    expect(whole.weights).not.toEqual((await wholeRun(twoStages)).weights);
    for (const after of [2, 11, 16]) expect((await interrupted(preset, after)).weights).toEqual(whole.weights);
  });

  test("a stage that has ended keeps no optimiser", async () => {
    const run = await createRun({ preset: twoStages });
    await takeSteps(run, 12);
    const { stages } = await run.save();
    expect(stages.teacher?.optimizer).toBeUndefined();
    await run.close();
  });

  test("a checkpoint that was cut off is passed over for the one before it", async () => {
    const run = await createRun({ preset: twoStages });
    const steps = run.steps();
    for (let taken = 0; taken < 4; taken++) await steps.next();
    await writeCheckpoint(folder, await run.save());
    await steps.next();
    const newest = await writeCheckpoint(folder, await run.save());
    await run.close();
    await truncate(newest.replace(".json", ".safetensors"), 100);
    const warnings: string[] = [];
    const state = await readNewestCheckpoint(folder, { info: () => {}, warn: (message) => warnings.push(message) });
    expect(state?.stages.teacher?.taken).toBe(4);
    expect(warnings[0]).toContain("FGKD_CORRUPT_FILE");
  });

  test("only the newest checkpoints are kept, and no temporary file", async () => {
    const run = await createRun({ preset: twoStages });
    const steps = run.steps();
    for (let taken = 0; taken < 4; taken++) {
      await steps.next();
      await writeCheckpoint(folder, await run.save(), 2);
    }
    await run.close();
    expect((await readdir(folder)).sort()).toEqual([
      "000000003.json",
      "000000003.safetensors",
      "000000004.json",
      "000000004.safetensors",
    ]);
    expect(JSON.parse(await readFile(join(folder, "000000004.json"), "utf8")).state.stages.teacher.taken).toBe(4);
  });
});

describe("a run that goes wrong", () => {
  const failing = (plugin: PluginOption) =>
    definePreset({
      name: "failing",
      summary: "",
      plugins: [toy(), optimizers(), toyLoss(), plugin],
      stages: { student: { trains: "student" } },
      defaults: toySettings,
    });

  async function failure(preset: Preset): Promise<Error> {
    const run = await createRun({ preset });
    try {
      await takeSteps(run);
    } catch (error) {
      return error as Error;
    } finally {
      await run.close();
    }
    throw new Error("the run did not fail");
  }

  test("names the plugin, the hook, the stage, the epoch and the step", async () => {
    let calls = 0;
    const clumsy = {
      name: "clumsy",
      apply: ({ hooks }: Training) => {
        hooks.batch.tap("clumsy", (batch) => {
          if (++calls === 5) throw new Error("dropped it");
          return batch;
        });
      },
    };
    const error = await failure(failing(clumsy));
    expect(error.message).toBe(
      'FGKD_PLUGIN_FAILED [clumsy] failed in hooks.batch (stage "student", epoch 2, step 2): dropped it',
    );
    expect((error.cause as Error).message).toBe("dropped it");
  });

  test("refuses a misspelt setting of the optimiser before data is opened, be it one that all share or its own", async () => {
    // Opening such data would be refused too.
    const defaults = { ...toySettings, data: { name: "toy-nowhere" } };
    const refuse = (optimizer: object) =>
      expect(createRun({ preset: { ...failing(null), defaults: { ...defaults, optimizer } as never } })).rejects;
    await refuse({ name: "sgd", learningrate: 1 }).toThrow(
      '[optimizer sgd] has no option "learningrate". Options: momentum, nesterov, name, learningRate,',
    );
    await refuse({ name: "sgd", learningrate: 1 }).toThrow('Did you mean "learningRate"?');
    await refuse({ name: "sgd", momentun: 1 }).toThrow('Did you mean "momentum"?');
  });

  test("says so when no plugin adds a loss", async () => {
    const preset = definePreset({
      name: "lossless",
      summary: "",
      plugins,
      stages: { student: { trains: "student" } },
      defaults: toySettings,
    });
    expect((await failure(preset)).message).toContain("no plugin adds a loss term");
  });

  test("says so when the data gives fewer batches than promised", async () => {
    const preset = { ...failing(null), defaults: { ...toySettings, data: { name: "toy-points", broken: true } } };
    expect((await failure(preset)).message).toContain("FGKD_SHORT_PASS");
  });
});

describe("a stage that is given another's batches", () => {
  const seen: Record<string, number[]> = {};
  const watch: Plugin = {
    name: "watch",
    apply: ({ hooks, stage }) =>
      hooks.batch.tap("watch", (batch) => {
        seen[stage] = [...(seen[stage] ?? []), ...(batch.images?.dataSync() ?? [])];
        return batch;
      }),
  };
  const peers = (second: object): Preset => ({
    name: "peers",
    summary: "",
    plugins: [toy(), optimizers(), toyLoss(), watch],
    stages: { first: { trains: "student" }, second: { trains: "peer", batchesOf: "first", ...second } },
    defaults: {
      epochs: 2,
      batchSize: 4,
      data: { name: "toy-points" },
      models: { student: { backbone: { name: "toy-linear" } }, peer: { backbone: { name: "toy-linear" } } },
    },
    schedule: ({ first, second }) => alternate([first as Steps, 1], [second as Steps, 1]),
  });
  const train = async (preset: Preset) => {
    for (const stage of ["first", "second"]) seen[stage] = [];
    const run = await createRun({ preset });
    for await (const _ of run.steps());
    await run.close();
  };

  test("sees the same images at the same step, over all epochs", async () => {
    await train(peers({}));
    expect(seen.first?.length).toBeGreaterThan(0);
    expect(seen.second).toEqual(seen.first);
    await train(peers({ batchesOf: undefined }));
    expect(seen.second).not.toEqual(seen.first);
  });

  test("must want the same of them, and name a stage that is there", async () => {
    await expect(createRun({ preset: peers({ settings: { batchSize: 2 } }) })).rejects.toThrow(
      'stage "second": it is to have the batches of stage "first", but its batchSize differs',
    );
    await expect(createRun({ preset: peers({ batchesOf: "frist" }) })).rejects.toThrow('Did you mean "first"?');
  });
});
