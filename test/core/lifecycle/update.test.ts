import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Config,
  createRun,
  definePlugin,
  definePreset,
  type Logger,
  type Mode,
  type PluginOption,
  type Random,
  type Run,
  type RunState,
  readNewestCheckpoint,
  type Step,
  type StepReport,
  silentLogger,
  writeCheckpoint,
} from "../../../core/index.js";
import { batchNorm, construct } from "../../../plugins/layers/index.js";
import { averagedWeights, optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { toy, toyLoss, toyModel, toySettings } from "../../support/toy.js";
import { plugin } from "../../support/trouble.js";

const open = (config: Config = {}, further: PluginOption = [], logger: Logger = silentLogger): Promise<Run> =>
  createRun({
    logger,
    preset: definePreset({
      name: "update",
      summary: "one stage",
      plugins: [toy(), optimizers(), toyLoss(), further],
      stages: { student: { trains: "student" } },
      defaults: toySettings,
    }),
    layers: [{ origin: "test", config }],
  });

async function walk(run: Run, limit = Number.POSITIVE_INFINITY): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  const steps = run.steps();
  while (reports.length < limit) {
    const next = await steps.next();
    if (next.done) break;
    reports.push(next.value);
  }
  return reports;
}

const values = (run: Run, role = "student") =>
  Object.fromEntries(
    [...run.models.get(role).parameters.variables].map(([name, variable]) => [name, [...variable.dataSync()]]),
  );

async function whole(config: Config, further: PluginOption = []) {
  const run = await open(config, further);
  const reports = await walk(run);
  const end = { reports, weights: values(run), history: [...run.history], state: await run.save() };
  await run.close();
  return end;
}

/** The same, stopped after so many steps and taken up again by another run. */
async function resumed(after: number, config: Config, further: () => PluginOption = () => []) {
  const first = await open(config, further());
  await walk(first, after);
  const folder = await mkdtemp(join(tmpdir(), "fgkd-"));
  await writeCheckpoint(folder, await first.save());
  await first.close();
  const saved = (await readNewestCheckpoint(folder, silentLogger)) as RunState;
  await rm(folder, { recursive: true });
  const run = await open(config, further());
  run.load(saved);
  const reports = await walk(run);
  const end = { reports, weights: values(run), history: [...run.history], state: await run.save(), saved };
  await run.close();
  return end;
}

beforeAll(() => startEngine("cpu"));

describe("accumulation", () => {
  /** Twelve points a pass: three steps of four, or six of two. */
  const small: Config = { batchSize: 2, accumulate: 2 };

  test("of equal batches is one large batch", async () => {
    const seen = { large: [] as number[][], small: [] as number[][] };
    /** One source that cuts the same points in parts: the toy's own are drawn by batch. */
    const same = (kind: "large" | "small", size: number): PluginOption =>
      plugin("same-points", ({ hooks }) => {
        hooks.batch.tap("same-points", (batch, { epoch, index }) => {
          const parts = 4 / size;
          const pixels = Array.from({ length: 16 }, (_, at) =>
            Math.sin(epoch * 31 + Math.floor(index / parts) * 7 + at),
          );
          const from = (index % parts) * size;
          const images = tf.tensor4d(pixels.slice(from * 4, (from + size) * 4), [size, 2, 2, 1]);
          const labels = tf.tensor2d(
            Array.from({ length: size }, (_, row) => ((from + row) % 3 === 0 ? [1, 0] : [0, 1])),
          );
          seen[kind].push([...images.dataSync()]);
          tf.dispose([batch.images, batch.labels] as tf.Tensor[]);
          return { ...batch, images, labels };
        });
      });
    const optimizer = { name: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 };
    const large = await whole({ batchSize: 4, optimizer }, same("large", 4));
    const split = await whole({ ...small, optimizer }, same("small", 2));
    expect(seen.small.flat()).toEqual(seen.large.flat());
    for (const [name, wanted] of Object.entries(large.weights))
      expect(tf.tensor1d(split.weights[name] ?? [])).toBeAllclose(wanted, { absolute: 1e-6, relative: 0 });
  });

  test("counts steps and updates apart, and applies an epoch's remainder", async () => {
    const steps: Step[] = [];
    const updates: number[] = [];
    const watch = plugin("watch", ({ hooks }) => {
      hooks.batch.tap("watch", (batch, step) => {
        steps.push(step);
        return batch;
      });
      hooks.update.tap("watch", ({ count }) => void updates.push(count));
    });
    const { state } = await whole({ epochs: 2, batchSize: 2, accumulate: 4 }, watch);
    expect(steps.map(({ update }) => update)).toEqual([0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3]);
    expect(steps.map(({ isLast }) => isLast)).toEqual([0, 1].flatMap(() => [false, false, false, false, false, true]));
    expect(updates).toEqual([1, 2, 3, 4]);
    expect(state.stages.student?.taken).toBe(12);
  });

  test("moves no weight before its turn", async () => {
    const run = await open(small);
    const weights: unknown[] = [];
    const steps = run.steps();
    for (let taken = 0; taken < 3; taken++) {
      await steps.next();
      weights.push(values(run));
    }
    await run.close();
    expect(weights[1]).not.toEqual(weights[0]);
    expect(weights[2]).toEqual(weights[1]);
  });

  test.each([1, 2, 3, 5, 6, 7])("stopped after %i steps, ends as if it had not been", async (after) => {
    const config = { ...small, accumulate: 4, optimizer: { name: "adam", clipNorm: 0.1 } };
    const wanted = await whole(config);
    const { weights, history, reports, state, saved } = await resumed(after, config);
    expect(saved.stages.student?.taken).toBe(after);
    expect({ weights, history, reports, state }).toEqual({ ...wanted, reports: wanted.reports.slice(after) });
  });

  test("leaves no tensor behind, wherever it is left", async () => {
    const before = tf.memory().numTensors;
    const run = await open({ ...small, accumulate: 3 });
    await walk(run, 4);
    await run.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("a stage's schedule and groups", () => {
  test("are refused before anything runs, when there is none of that name", async () => {
    await expect(open({ optimizer: { schedule: { name: "cosinus" as "cosine" } } })).rejects.toThrow(
      'no schedule is registered as "cosinus"',
    );
    await expect(open({ optimizer: { groups: [{ name: "frozen" as "freeze", names: [] }] } })).rejects.toThrow(
      'no parameter group is registered as "frozen"',
    );
  });
  test("give each step its rate", async () => {
    const { reports } = await whole({ epochs: 2, optimizer: { schedule: { name: "cosine", per: "step" } } });
    const wanted = reports.map((_, taken) => (0.1 * (1 + Math.cos((Math.PI * taken) / 6))) / 2);
    expect(reports.map(({ learningRate }) => learningRate)).toEqual(wanted.map((rate) => expect.closeTo(rate, 12)));
  });
  test("leave what is frozen as it is, and give it no gradient", async () => {
    const gradients: string[] = [];
    const watch = plugin("watch", ({ hooks }) => {
      hooks.gradients.tap("watch", (given) => {
        gradients.push(...Object.keys(given));
        return given;
      });
    });
    const fresh = await open();
    const start = fresh.models.get("student").parameters.trained.get("fc.weight")?.dataSync();
    const { weights } = await whole({ optimizer: { groups: [{ name: "freeze", names: ["*.weight"] }] } }, watch);
    expect(weights["fc.weight"]).toEqual([...(start ?? [])]);
    expect(weights["fc.bias"]).not.toEqual([0, 0]);
    expect(new Set(gradients)).toEqual(new Set(["fc.bias"]));
    await fresh.close();
  });
  describe("with optimizer.freeze", () => {
    const freeze = { names: ["*.weight"], epochs: 2 };
    const adam = { name: "adam", learningRate: 0.1, freeze } as const;

    test("leave it as it is for so many epochs, then train it as if it began", async () => {
      const run = await open({ epochs: 4, optimizer: adam });
      const seen = [values(run)["fc.weight"] as number[]];
      for await (const _ of run.steps()) seen.push(values(run)["fc.weight"] as number[]);
      await run.close();
      for (const weights of seen.slice(0, 7)) expect(weights).toEqual(seen[0]);
      // Adam's first step is the learning rate, whatever the gradient; with the count of all updates it would be three times that.
      for (const [at, value] of (seen[7] ?? []).entries())
        expect(Math.abs(value - (seen[6]?.[at] as number))).toBeCloseTo(0.1, 3);
    });

    test.each([1, 5, 6, 7, 11])("end as they would have when they were stopped after %i steps", async (after) => {
      const config = { epochs: 4, optimizer: adam };
      const wanted = await whole(config);
      const { weights, history, state } = await resumed(after, config);
      expect({ weights, history, state }).toEqual({
        weights: wanted.weights,
        history: wanted.history,
        state: wanted.state,
      });
    });

    test("let a norm's averages move, unless its statistics stay as well", async () => {
      const normed = definePlugin({
        name: "normed",
        defaults: {},
        register: ({ backbones }) =>
          (backbones.register as (name: string, entry: object) => void)("normed", {
            defaults: {},
            create: (_: object, { stream }: { readonly stream: Random }) => {
              const at = construct(stream);
              const norm = batchNorm(at, "bn", 4, { relu: false });
              const model = toyModel(stream.normals(8));
              const like = (name: string) => {
                const own = model.parameters.trained.get(name) as tf.Variable;
                return at.parameters.weight(name, own.shape, "plain", () => own.dataSync() as Float32Array);
              };
              const weight = like("fc.weight") as tf.Tensor2D;
              const bias = like("fc.bias") as tf.Tensor1D;
              model.parameters.dispose();
              return {
                parameters: at.parameters,
                classifier: { weight, bias },
                forward: ({ images }: { readonly images: tf.Tensor4D }, mode: Mode) => ({
                  logits: norm
                    .apply(images.reshape<tf.Tensor2D>([-1, 4]), mode)
                    .matMul(weight)
                    .add(bias),
                }),
              };
            },
          }),
      });
      const models = { student: { backbone: { name: "normed" as "toy-linear" } } };
      const ends = async (how: object) =>
        (await whole({ models, optimizer: { freeze: { names: ["backbone"], ...how } } }, normed())).weights;
      const [moving, still, thawed] = [
        await ends({}),
        await ends({ statistics: true }),
        await ends({ epochs: 1, statistics: true }),
      ];
      for (const { "bn.weight": weight, "bn.bias": bias } of [moving, still]) {
        expect(weight).toEqual([1, 1, 1, 1]);
        expect(bias).toEqual([0, 0, 0, 0]);
      }
      expect(moving["bn.running_mean"]).not.toEqual([0, 0, 0, 0]);
      expect(still["bn.running_mean"]).toEqual([0, 0, 0, 0]);
      expect(still["bn.running_var"]).toEqual([1, 1, 1, 1]);
      expect(thawed["bn.running_mean"]).not.toEqual([0, 0, 0, 0]);
      expect(thawed["bn.weight"]).not.toEqual([1, 1, 1, 1]);
      expect(still["fc.bias"]).not.toEqual([0, 0]);
    });

    test("are told where it names nothing, and refused where it names everything", async () => {
      const said: string[] = [];
      const logger = { info: () => {}, warn: (words: string) => void said.push(words) };
      const run = await open({ optimizer: { freeze: { names: ["layer1.*"] } } }, [], logger);
      await walk(run);
      await run.close();
      expect(said).toContain("student: optimizer.freeze changes how no weight is trained.");
      await expect(whole({ optimizer: { freeze: { names: ["*"], epochs: 1 } } })).rejects.toThrow(
        "freezes every weight",
      );
      await expect(open({ optimizer: { freeze: { names: ["*.weight"], until: 3 } } })).rejects.toThrow(
        '[parameter group freeze] has no option "until"',
      );
    });
  });

  test("refuse to freeze everything", async () => {
    await expect(whole({ optimizer: { groups: [{ name: "freeze", names: ["*"] }] } })).rejects.toThrow(
      "optimizer.groups freezes every weight",
    );
  });
  test("are what the older settings are short for", async () => {
    const short = { weightDecay: 0.1, decayNormsAndBiases: false, newLayersFactor: 3 };
    const long = { weightDecay: 0.1, groups: [{ name: "new-layers", factor: 3 }, { name: "no-decay" }] } as const;
    const wanted = await whole({ optimizer: short });
    expect((await whole({ optimizer: long })).weights).toEqual(wanted.weights);
    expect((await whole({ optimizer: { weightDecay: 0.1 } })).weights).not.toEqual(wanted.weights);
  });
});

describe("averaged weights", () => {
  const ema = (options = {}) => averagedWeights({ decay: 0.5, ...options });

  test("are the formula's, after every update, beginning with the weights that the stage began with", async () => {
    const run = await open({}, ema());
    const seen: Record<string, number[]>[] = [values(run)];
    const steps = run.steps();
    for (let next = await steps.next(); !next.done; next = await steps.next()) seen.push(values(run));
    const wanted = seen
      .slice(1)
      .reduce(
        (average, weights) =>
          Object.fromEntries(
            Object.entries(average).map(([name, one]) => [
              name,
              one.map((value, at) => Math.fround(0.5 * value + 0.5 * (weights[name]?.[at] as number))),
            ]),
          ),
        seen[0] as Record<string, number[]>,
      );
    const averages = values(run, "student@ema");
    for (const [name, one] of Object.entries(wanted))
      expect(tf.tensor1d(averages[name] ?? [])).toBeAllclose(one, { absolute: 1e-6, relative: 0 });
    expect(averages).not.toEqual(values(run));
    await run.close();
  });

  test("grow older as they warm up: the share of the n-th update is 1 − (1 + n)^(−2/3)", async () => {
    const run = await open({ epochs: 1, stepsPerEpoch: 1 }, ema({ decay: 0.9, warmup: true }));
    const [start] = values(run)["fc.weight"] ?? [];
    await walk(run);
    const [end] = values(run)["fc.weight"] ?? [];
    const share = 1 - 2 ** (-2 / 3);
    expect(values(run, "student@ema")["fc.weight"]?.[0]).toBeCloseTo(
      share * (start ?? 0) + (1 - share) * (end ?? 0),
      6,
    );
    await run.close();
  });

  test("leave the training as it is without them", async () => {
    const plain = await whole({});
    const averaged = await whole({}, ema());
    expect(averaged.weights).toEqual(plain.weights);
    expect(averaged.history).toEqual(plain.history);
    expect(Object.keys(plain.state.models)).toEqual(["student"]);
    expect(Object.keys(averaged.state.models)).toEqual(["student", "student@ema"]);
  });

  test("are tested where evaluation.weights says so", async () => {
    const logits: number[] = [];
    const run = await open({ evaluation: { weights: "ema" } }, ema({ decay: 0.999 }));
    const start = values(run);
    await walk(run);
    const images = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
    const view = run.models.view("student", "ema");
    const before = values(run);
    for (const model of [view, run.models.get("student")])
      logits.push(...(model.forward({ images }, "eval").logits?.dataSync() ?? []));
    expect(values(run)).toEqual(before);
    const sum = (weights: Record<string, number[]>, at: number) =>
      [0, 1, 2, 3].reduce(
        (all, pixel) => all + (weights["fc.weight"]?.[pixel * 2 + at] ?? 0),
        weights["fc.bias"]?.[at] ?? 0,
      );
    const averages = values(run, "student@ema");
    expect(logits).toEqual(
      [sum(averages, 0), sum(averages, 1), sum(before, 0), sum(before, 1)].map((one) => expect.closeTo(one, 5)),
    );
    // With a decay of 0.999 nine steps change next to nothing: the test sees what it saw before the first.
    const untrained = await open({ optimizer: { learningRate: 1e-12 } });
    await walk(untrained);
    expect(values(untrained)["fc.weight"]).toEqual(start["fc.weight"]?.map((value) => expect.closeTo(value, 6)));
    expect(run.history.map(({ metrics }) => metrics)).toEqual(untrained.history.map(({ metrics }) => metrics));
    await run.close();
    await untrained.close();
  });

  test("are missed before the first step where no plugin keeps them", async () => {
    await expect(whole({ evaluation: { weights: "ema" } })).rejects.toThrow(
      'no view of a model is registered as "student@ema"',
    );
  });

  test.each([1, 4, 8])("stopped after %i steps, end as if they had not been", async (after) => {
    const config: Config = { evaluation: { weights: "ema" } };
    const wanted = await whole(config, ema());
    const { weights, history, state } = await resumed(after, config, ema);
    expect({ weights, history }).toEqual({ weights: wanted.weights, history: wanted.history });
    expect(state).toEqual(wanted.state);
  });

  test("follow the updates, not the steps", async () => {
    const counts: number[] = [];
    const count = plugin("count", ({ hooks }) => hooks.update.tap("count", ({ count }) => void counts.push(count)));
    await whole({ epochs: 1, batchSize: 2, accumulate: 3 }, [ema(), count]);
    expect(counts).toEqual([1, 2]);
  });

  test("leave no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const run = await open({}, ema());
    await walk(run);
    await run.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});
