import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Config, createRun, definePreset, type RunState } from "../../../core/index.js";
import { catalogue } from "../../../plugins/index.js";
import { tinyNetwork } from "../../presets/tiny-networks.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const config: Config = {
  epochs: 2,
  batchSize: 4,
  data: { name: "birds", classes: 2, train: 4, test: 1, workers: 1 },
  input: {
    resize: 24,
    crop: 16,
    transforms: {
      train: [{ name: "random-resized-crop", scale: [0.3, 1], interpolation: "bicubic" }, { name: "flip" }],
      test: [{ name: "resize", size: 16, fit: "warp", interpolation: "bicubic" }],
    },
  },
  models: { student: { backbone: tinyNetwork } },
  losses: [{ name: "cross-entropy" }],
};

const runWith = (said: Config = {}) =>
  createRun({
    preset: definePreset({
      name: "transforms-run",
      summary: "",
      plugins: [catalogue()],
      stages: { student: { trains: "student" } },
      defaults: config,
    }),
    layers: [{ origin: "test", config: said }],
  });

/** The losses of a run's steps, and the state after the first of them. */
async function losses(state?: RunState) {
  const run = await runWith();
  if (state) run.load(state);
  const found: unknown[] = [];
  let first: RunState | undefined;
  for await (const report of run.steps()) {
    found.push(report.losses, report.epoch?.metrics ?? null);
    first ??= await run.save();
  }
  await run.close();
  return { found, first };
}

describe("a run whose settings list transforms", () => {
  test("goes on exactly as if it had not been interrupted", async () => {
    const whole = await losses();
    expect(whole.found).toHaveLength(8);
    expect((await losses(whole.first)).found).toEqual(whole.found.slice(2));
  });

  test("is refused before anything runs where an option is not known, or tests would draw", async () => {
    const misspelt = { train: [{ name: "flip", chance: 1 }] } as object;
    await expect(runWith({ input: { transforms: misspelt } })).rejects.toThrow(
      '[transform flip] has no option "chance"',
    );
    await expect(runWith({ input: { transforms: { test: [{ name: "flip" }] } } })).rejects.toThrow(
      "draws random numbers",
    );
  });

  test("can be tested on ten crops, where its list leaves the size of the crop to the stage", async () => {
    const evaluation = { testTime: "ten-crops" } as const;
    const metricsOf = async (test: readonly { readonly name: string; readonly size?: number }[]) => {
      const run = await runWith({ epochs: 1, evaluation, input: { transforms: { train: null, test } } });
      try {
        let metrics: object | undefined;
        for await (const { epoch } of run.steps()) metrics = epoch?.metrics;
        return metrics;
      } finally {
        await run.close();
      }
    };
    expect(await metricsOf([{ name: "resize" }, { name: "center-crop" }])).toEqual({ accuracy: expect.any(Number) });
    await expect(metricsOf([{ name: "resize" }, { name: "center-crop", size: 16 }])).rejects.toThrow(
      "the picture is 16 × 16 after center-crop, not 24 × 24 (input.crop)",
    );
  });
});
