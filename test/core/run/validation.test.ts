import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  createRun,
  createRunFolder,
  definePlugin,
  definePreset,
  type EpochSummary,
  need,
  type Pass,
  type Run,
  readNewestCheckpoint,
  readSafetensors,
  type Source,
  silentLogger,
  summarize,
  writeCheckpoint,
} from "../../../core/index.js";
import { metrics } from "../../../plugins/metrics/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings, toySource } from "../../support/toy.js";

declare module "../../../core/index.js" {
  interface Sources {
    "three-splits": { readonly splits?: readonly ("train" | "validation" | "test")[] };
  }
}

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const runs: Run[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.close()));
});

/** The passes that were walked, as `split epoch`. */
let walked: string[] = [];

/** The toy's points, with as many splits as one likes. */
const threeSplits = definePlugin({
  name: "three-splits",
  defaults: {},
  register({ sources }) {
    sources.register("three-splits", {
      defaults: { splits: ["train", "validation", "test"] },
      create: ({ splits }) => ({ open: async () => ({ ...walking(toySource(12)), splits }) }),
    });
  },
});

function walking(source: Source): Source {
  const batches = (pass: Pass) => {
    if (pass.split !== "train" || pass.mode === "test") walked.push(pass.split);
    return source.batches(pass);
  };
  return { ...source, batches };
}

/** Learns at a rate that turns around: what was gained in the first epochs is lost in the later ones. */
const forgetful = definePlugin({
  name: "forgetful",
  defaults: {},
  apply: ({ hooks }) =>
    hooks.loss.tap("forgetful", (terms, _outputs, _batch, { epoch }) => ({
      supervised: tf.tidy(() =>
        need(terms as { supervised?: tf.Scalar }, "supervised", "forgetful").mul(epoch < 2 ? 1 : -4),
      ),
    })),
});

const preset = definePreset({
  name: "three",
  summary: "a student that forgets",
  plugins: [toy(), optimizers(), metrics(), threeSplits(), toyLoss(), forgetful()],
  stages: { student: { trains: "student" } },
  defaults: { ...toySettings, epochs: 5, data: { name: "three-splits" }, evaluation: { last: 2 } },
});

/** Trains on images of its own; what is called data is there to be measured on. */
const ofThinAir = definePreset({
  name: "of-thin-air",
  summary: "a student without images",
  plugins: preset.plugins,
  stages: {
    student: {
      trains: "student",
      data: "none",
      plugins: [
        definePlugin({
          name: "thin-air",
          defaults: {},
          apply: ({ hooks }) =>
            hooks.batch.tap("thin-air", () => ({
              images: tf.ones([2, 2, 2, 1]),
              labels: tf.tensor2d([1, 0, 0, 1], [2, 2]),
            })),
        })(),
      ],
    },
  },
  defaults: { ...preset.defaults, epochs: 2 },
});

async function create(config: object = {}, of = preset): Promise<Run> {
  const run = await createRun({ preset: of, layers: [{ origin: "test", config }] });
  runs.push(run);
  return run;
}

async function finish(run: Run, steps = Number.POSITIVE_INFINITY): Promise<readonly EpochSummary[]> {
  let taken = 0;
  for await (const _ of run.steps()) if (++taken >= steps) break;
  return run.history;
}

async function weightsOf(run: Run): Promise<readonly number[]> {
  const arrays = await run.models.get("student").parameters.export();
  return [...arrays.values()].flatMap(({ data }) => [...(data as Float32Array)]);
}

describe("where epochs are measured", () => {
  test("is the validation split, where the data has one; test images are looked at once, at the end", async () => {
    walked = [];
    const history = await finish(await create());
    expect(walked).toEqual([...new Array(5).fill("validation"), "test"]);
    expect(history.map(({ split }) => split)).toEqual(new Array(5).fill("validation"));
    expect(history.slice(0, -1).every(({ test }) => test === undefined)).toBe(true);
    expect(Object.keys(history.at(-1)?.test ?? {})).toEqual(["accuracy"]);
  });

  test("is the test split where there is no other, and nothing is said or chosen", async () => {
    walked = [];
    const run = await create({ data: { name: "three-splits", splits: ["train", "test"] } });
    const history = await finish(run);
    expect(walked).toEqual(new Array(5).fill("test"));
    for (const summary of history)
      expect(Object.keys(summary)).toEqual(["stage", "epoch", "losses", "metrics", "learningRate"]);
    expect(summarize(run)[0]).toMatchObject({ split: "test", exported: "last" });
    expect(summarize(run)[0]).not.toHaveProperty("chosen");
    expect(summarize(run)[0]).not.toHaveProperty("test");
  });

  test("is never a split that a source does not say it has", async () => {
    walked = [];
    // Sources of two splits often take whatever is not training for the test.
    await finish(await create({ data: { name: "toy-points" } }));
    expect(walked).toEqual([]);
    const run = await create({ data: { name: "toy-points" } });
    expect(run.history).toEqual([]);
    expect((await finish(run)).every(({ split }) => split === undefined)).toBe(true);
  });

  test("is the validation split for a stage that makes its own images, too", async () => {
    walked = [];
    const run = await create({}, ofThinAir);
    const history = await finish(run);
    expect(walked).toEqual(["validation", "validation", "test"]);
    expect(history.map(({ metrics }) => metrics.accuracy)).toEqual([expect.any(Number), expect.any(Number)]);
  });

  test("is what the user says", async () => {
    walked = [];
    const run = await create({ evaluation: { split: "train" } });
    await finish(run);
    expect(walked).toEqual([...new Array(5).fill("train"), "test"]);
    expect(summarize(run)[0]).toMatchObject({ split: "train" });
  });

  test("is refused where the data has no such split", async () => {
    const config = { data: { name: "three-splits", splits: ["train", "test"] }, evaluation: { split: "validation" } };
    await expect(create(config)).rejects.toThrow(
      'FGKD_INVALID_CONFIG stage "student": evaluation.split is "validation", but its data has no such image',
    );
  });
});

describe("what is measured", () => {
  test("is what the settings list, in order", async () => {
    const names = ["top-1", "macro-accuracy", "test-loss", "calibration-error"];
    const run = await create({ epochs: 1, evaluation: { metrics: names.map((name) => ({ name })) } });
    const [epoch] = await finish(run);
    const numbers = ["accuracy", "macroAccuracy", "testLoss", "calibrationError"];
    expect(Object.keys(epoch?.metrics ?? {})).toEqual(numbers);
    expect(Object.keys(epoch?.test ?? {})).toEqual(numbers);
    expect(Object.keys(summarize(run)[0]?.measured ?? {})).toEqual(numbers.slice(1));
  });

  test("trains the same model whatever it is", async () => {
    const [plain, watched] = [await create(), await create({ evaluation: { metrics: [{ name: "test-loss" }] } })];
    await finish(plain);
    const history = await finish(watched);
    expect(await weightsOf(watched)).toEqual(await weightsOf(plain));
    expect(history.at(-1)?.metrics).not.toHaveProperty("accuracy");
  });

  test("is told when it does not exist, before the data is read", async () => {
    const config = { evaluation: { metrics: [{ name: "top-2" }] }, data: { name: "three-splits", wrong: 1 } };
    await expect(create(config)).rejects.toThrow('no metric is registered as "top-2"');
  });
});

describe("the best epoch", () => {
  test("is chosen on the validation split, the first of equal ones", async () => {
    const run = await create();
    const history = await finish(run);
    const accuracies = history.map(({ metrics }) => metrics.accuracy as number);
    const at = accuracies.indexOf(Math.max(...accuracies));
    expect(history.findLast(({ best }) => best)?.epoch).toBe(at);
    expect(summarize(run)[0]?.chosen).toEqual({ epoch: at, accuracy: accuracies[at] });
  });

  test("is the first of two that are as good", async () => {
    // Nothing is learnt at this rate, so that every epoch is like the first.
    const run = await create({ optimizer: { learningRate: 1e-12 }, evaluation: { bestOn: "test" } });
    const history = await finish(run);
    const frozen = history.filter(({ metrics }) => metrics.accuracy === history[0]?.metrics.accuracy);
    expect(frozen.length).toBe(5);
    expect(history.map(({ best }) => best ?? false)).toEqual([true, false, false, false, false]);
  });

  test("is chosen on the test split when the user says so", async () => {
    walked = [];
    const run = await create({ evaluation: { bestOn: "test" } });
    await finish(run);
    expect(new Set(walked)).toEqual(new Set(["test"]));
    expect(summarize(run)[0]).toMatchObject({ split: "test", chosen: { epoch: expect.any(Number) } });
  });

  test("leaves its weights behind when they are to be exported, and these are tested", async () => {
    const weights: (readonly number[])[] = [];
    const run = await create({ export: "best" });
    for await (const { epoch } of run.steps()) if (epoch) weights.push(await weightsOf(run));
    const ended = run.history.at(-1) as EpochSummary;
    const best = run.history.findLast(({ best }) => best)?.epoch as number;
    expect(best).toBeLessThan(4);
    expect(ended.exported).toBe(best);
    expect(await weightsOf(run)).toEqual(weights[best]);
    expect(await weightsOf(run)).not.toEqual(weights[3]);
    // The same weights, asked again.
    const again = await create({ epochs: best + 1, export: "best" });
    const history = await finish(again);
    expect(ended.test).toEqual(history.at(-1)?.test);
  });

  test("is not there to be exported where nothing may choose it", async () => {
    const twoSplits = { data: { name: "three-splits", splits: ["train", "test"] }, export: "best" };
    await expect(create(twoSplits)).rejects.toThrow("no best epoch is chosen: epochs are measured on the test split");
    await expect(create({ export: "best", evaluation: { every: 0 } })).rejects.toThrow("evaluation.every is 0");
    await expect(create({ export: "best", evaluation: { metrics: [] } })).rejects.toThrow("list top-1");
    await create({ ...twoSplits, evaluation: { bestOn: "test" } });
  });

  test("is waited for as long as patience says, and then the stage ends with what it would have ended with", async () => {
    const weights: (readonly number[])[] = [];
    const run = await create({ epochs: 9, export: "best", evaluation: { patience: 2 } });
    for await (const { epoch } of run.steps()) if (epoch) weights.push(await weightsOf(run));
    const best = run.history.findLast(({ best }) => best)?.epoch as number;
    expect(run.history).toHaveLength(best + 3);
    expect(run.history.length).toBeLessThan(9);
    expect(run.history.at(-1)).toMatchObject({ exported: best, test: { accuracy: expect.any(Number) } });
    expect(await weightsOf(run)).toEqual(weights[best]);
    const patient = await create({ epochs: 9, evaluation: { patience: 9 } });
    expect(await finish(patient)).toHaveLength(9);
  });

  test.each([1, 4, 8, 9, 11])("is waited for as long by a run that was interrupted after %i steps", async (steps) => {
    const config = { epochs: 9, export: "best", evaluation: { patience: 2 } };
    const whole = await create(config);
    const history = await finish(whole);
    const first = await create(config);
    await finish(first, steps);
    const run = await create(config);
    run.load(await first.save());
    expect(await finish(run)).toEqual(history);
    expect(await weightsOf(run)).toEqual(await weightsOf(whole));
  });

  test("is waited for until an epoch is measured that could have been better", async () => {
    const run = await create({ epochs: 12, evaluation: { patience: 1, every: 4, last: 1 } });
    const history = await finish(run);
    // Of the fourth epoch and the eighth the first is the better one: what was learnt is lost by then.
    expect(history.map(({ metrics }) => metrics.accuracy !== undefined)).toEqual(
      Array.from({ length: history.length }, (_, epoch) => (epoch + 1) % 4 === 0),
    );
    expect(history.length).toBeGreaterThan(4);
    expect(history.length % 4).toBe(0);
  });

  test("cannot be waited for where nothing chooses it", async () => {
    const twoSplits = { data: { name: "three-splits", splits: ["train", "test"] }, evaluation: { patience: 3 } };
    await expect(create(twoSplits)).rejects.toThrow("evaluation.patience is 3, but no best epoch is chosen");
    await expect(create({ evaluation: { patience: 0 } })).rejects.toThrow("evaluation.patience");
  });

  test("is found again by a run that was interrupted at any step", async () => {
    const whole = await create({ export: "best" });
    const history = await finish(whole);
    const home = mkdtempSync(join(tmpdir(), "fgkd-best-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    for (const steps of [3, 4, 7, 10, 14, 15]) {
      const first = await create({ export: "best" });
      await finish(first, steps);
      const folder = await createRunFolder(
        join(home, `run-${steps}`),
        { preset: "three", layers: [], plugins: [] },
        first,
      );
      await folder.checkpoint(first, {});
      await folder.settle();
      await folder.close();
      const second = await create({ export: "best" });
      const state = await readNewestCheckpoint(join(folder.path, "checkpoints"), silentLogger);
      if (state) second.load(state);
      expect(await finish(second), `after ${steps} steps`).toEqual(history);
      expect(await weightsOf(second), `after ${steps} steps`).toEqual(await weightsOf(whole));
    }
  });

  test("of another model is refused", async () => {
    const first = await create({ export: "best" });
    await finish(first, 4);
    const state = await first.save();
    const { student } = state.stages;
    if (!student?.best?.weights) throw new Error("no best weights are kept");
    const weights = new Map([["fc.weight", { shape: [2, 3], data: new Float32Array(6) }]]);
    const stages = { student: { ...student, best: { ...student.best, weights } } };
    const home = mkdtempSync(join(tmpdir(), "fgkd-best-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const folder = await createRunFolder(join(home, "run"), { preset: "three", layers: [], plugins: [] }, first);
    const engine = { name: "cpu", detail: "", options: {} };
    folder.writeManifest(first, engine, {});
    await writeCheckpoint(join(home, "run/checkpoints"), { ...state, stages });
    const second = await create({ export: "best" });
    await expect(folder.restore(second, engine)).rejects.toThrow('"fc.weight" is [2,3], not [2,4]');
    await folder.close();
  });
});

describe("what a run leaves", () => {
  test("says which epoch's weights a file holds, chosen on what", async () => {
    const home = mkdtempSync(join(tmpdir(), "fgkd-best-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const run = await create({ export: "best" });
    const folder = await createRunFolder(join(home, "run"), { preset: "three", layers: [], plugins: [] }, run);
    await finish(run);
    await folder.finish(run);
    await folder.close();
    const { chosen } = summarize(run)[0] ?? {};
    const { metadata } = readSafetensors(join(home, "run/models/student.safetensors"));
    expect(JSON.parse(metadata?.fgkd ?? "{}").best).toEqual({ stage: "student", split: "validation", ...chosen });
    const [result] = JSON.parse(readFileSync(join(home, "run/result.json"), "utf8")).stages;
    expect(result).toMatchObject({
      split: "validation",
      chosen,
      exported: "best",
      test: { accuracy: expect.any(Number) },
    });
  });
});
