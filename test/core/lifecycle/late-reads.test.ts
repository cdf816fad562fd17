import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  alternate,
  type Config,
  createRun,
  definePreset,
  type PluginOption,
  type Run,
  type StepReport,
  sequence,
} from "../../../core/index.js";
import { averagedWeights, optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";
import { asked, startLate, stopLate } from "../../support/late.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";
import { plugin } from "../../support/trouble.js";

const open = (config: Config = {}, further: PluginOption = [], turns = false): Promise<Run> =>
  createRun({
    preset: definePreset({
      name: "late",
      summary: "one stage, or two in turns",
      plugins: [toy(), optimizers(), toyLoss(), further],
      stages: { student: { trains: "student" }, teacher: { trains: "teacher", settings: { enabled: turns } } },
      defaults: toySettings,
      schedule: ({ student, teacher }) => (turns ? alternate([student, 2], [teacher, 1]) : sequence(student, teacher)),
    }),
    layers: [{ origin: "test", config }],
  });

async function weights(run: Run): Promise<Record<string, number[]>> {
  const all = run.models.built.map(async (role) => {
    const arrays = await run.models.get(role).parameters.export();
    return [...arrays].map(([name, { data }]) => [`${role}/${name}`, [...data].map(Number)] as const);
  });
  return Object.fromEntries((await Promise.all(all)).flat());
}

/** Says NaN from a step on: of the loss, of the gradient alone, or of nothing. */
const poison = (where: "loss" | "gradient", at: number) =>
  plugin("poison", ({ hooks }) => {
    hooks.loss.tap("poison", (terms, outputs, _, { epoch, index }) => {
      if (epoch * 3 + index !== at) return terms;
      const { shape } = outputs.logits as tf.Tensor;
      const [value, slope] = where === "loss" ? [Number.NaN, 0] : [0, Number.NaN];
      const bad = tf.customGrad(() => ({ value: tf.scalar(value), gradFunc: () => tf.fill(shape, slope) }));
      return { ...terms, poison: bad(outputs.logits as tf.Tensor).asScalar() };
    });
  });

interface Walked {
  readonly reports: readonly StepReport[];
  readonly error: Error | undefined;
  readonly end: Record<string, number[]>;
  readonly history: Run["history"];
  readonly state: unknown;
}

async function walk(config: Config, further: PluginOption = [], turns = false): Promise<Walked> {
  const run = await open(config, further, turns);
  const reports: StepReport[] = [];
  let error: Error | undefined;
  try {
    // What a report says is looked at when it comes, not when all is over.
    for await (const report of run.steps()) reports.push(structuredClone(report));
  } catch (thrown) {
    error = thrown as Error;
  }
  const walked = { reports, error, end: await weights(run), history: [...run.history], state: await run.save() };
  await run.close();
  return walked;
}

const onBoth = async (work: () => Promise<Walked>) => {
  await startEngine("cpu");
  const atOnce = await work();
  await startLate();
  return { atOnce, late: await work() };
};

afterAll(stopLate);

describe("on an engine with a queue", () => {
  test.each([
    ["one stage", {}, false],
    ["two in turns", {}, true],
    [
      "with accumulation and clipping",
      { batchSize: 2, accumulate: 4, optimizer: { name: "adam", clipNorm: 0.1 } },
      false,
    ],
    ["with averages that are tested", { evaluation: { weights: "ema" } }, true],
  ] as const)("%s: reports, weights, history and state are as on any other", async (_, config, turns) => {
    const { atOnce, late } = await onBoth(() => walk(config, averagedWeights({ decay: 0.9 }), turns));
    expect(late.error).toBeUndefined();
    expect(late).toEqual(atOnce);
    expect(late.reports.every(({ losses }) => Object.keys(losses).length > 0)).toBe(true);
  });

  test.each([
    ["loss", 1, 'loss term "poison" became NaN in stage "student", epoch 1, step 2.'],
    ["loss", 2, 'loss term "poison" became NaN in stage "student", epoch 1, step 3.'],
    ["gradient", 4, 'the gradient of "fc.weight" became NaN in stage "student", epoch 2, step 2.'],
    ["gradient", 0, 'the gradient of "fc.weight" became NaN in stage "student", epoch 1, step 1.'],
  ] as const)("a %s that is not finite at step %i stops with the weights of before", async (where, at, message) => {
    for (const name of ["sgd", "adam"] as const) {
      const config = { optimizer: { name } };
      const { atOnce, late } = await onBoth(() => walk(config, [poison(where, at), averagedWeights({ decay: 0.5 })]));
      expect(late.error?.message).toContain(message);
      expect(late.error?.message).toBe(atOnce.error?.message);
      expect(late.end).toEqual(atOnce.end);
      expect(late.reports).toEqual(atOnce.reports);
      expect(Object.values(late.end).flat().every(Number.isFinite)).toBe(true);
    }
  });

  test("the failure of one stage reaches no other one", async () => {
    const { atOnce, late } = await onBoth(() => walk({}, poison("loss", 2), true));
    expect(late.end).toEqual(atOnce.end);
    expect(late.error?.message).toBe(atOnce.error?.message);
  });

  test("a failure is not saved: whoever saves in time is told", async () => {
    await startLate();
    const run = await open({}, poison("gradient", 1));
    const steps = run.steps();
    await steps.next();
    await expect(run.save()).rejects.toThrow("FGKD_NOT_FINITE");
    await run.close();
  });

  describe("what is read", () => {
    beforeEach(startLate);
    const note = plugin("note", ({ hooks }) => {
      hooks.batch.tap("note", (batch) => {
        asked.push("step");
        return batch;
      });
      hooks.gradients.tap("note", (gradients) => {
        asked.push("update");
        return gradients;
      });
    });

    test("is waited for once the next step's gradient is asked for, and before its update", async () => {
      const run = await open({ epochs: 1, evaluation: { every: 0 } }, note);
      for await (const _ of run.steps());
      // One number for the loss and one for the check of the gradients.
      const each = ["read 2", "update"];
      const wanted = ["step", ...each, "step", "answer 2", ...each, "step", "answer 2", ...each, "answer 2"];
      expect(asked).toEqual(wanted);
      await run.close();
    });

    test("for a checkpoint is asked for in one go", async () => {
      const run = await open({ optimizer: { name: "adam" } });
      const steps = run.steps();
      await steps.next();
      await run.save();
      asked.length = 0;
      await run.save();
      const firstAnswer = asked.findIndex((word) => word.startsWith("answer"));
      // Weight and bias, and two moments of each.
      expect([firstAnswer, asked.length]).toEqual([6, 12]);
      await run.close();
    });

    test("leaves no tensor behind, wherever the run is left", async () => {
      const before = tf.memory().numTensors;
      for (const limit of [1, 2, 3, 4]) {
        const run = await open();
        const steps = run.steps();
        for (let taken = 0; taken < limit; taken++) await steps.next();
        await run.close();
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(tf.memory().numTensors, `after ${limit} steps`).toBe(before);
      }
    });
  });
});

describe("on an engine that computes at once", () => {
  beforeAll(() => startEngine("cpu"));
  test("a report comes with its step, before the next is asked for", async () => {
    const order: string[] = [];
    const note = plugin("note", ({ hooks }) => {
      hooks.batch.tap("note", (batch, { index }) => {
        order.push(`step ${index}`);
        return batch;
      });
    });
    const run = await open({ epochs: 1 }, note);
    for await (const { step, losses } of run.steps()) order.push(`report ${step.index}, ${Object.keys(losses)}`);
    expect(order).toEqual([0, 1, 2].flatMap((index) => [`step ${index}`, `report ${index}, supervised`]));
    await run.close();
  });
});
