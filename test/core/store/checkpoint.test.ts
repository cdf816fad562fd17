import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Json, type RunState, readNewestCheckpoint, silentLogger, writeCheckpoint } from "../../../core/index.js";
import { lastGoodCheckpoint } from "../../../core/store/checkpoint.js";
import { cases } from "../../support/cases.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fgkd-"));
});
afterEach(() => rm(folder, { recursive: true }));

const array = (...values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

const stateWith = (values: Json, taken = 5): RunState => ({
  stages: {
    student: {
      epoch: 1,
      index: 2,
      taken,
      finished: false,
      sums: { crossEntropy: 0.1 + 0.2 },
      optimizer: { count: 5, slots: new Map([["fc.weight/momentum", array(0.1, Number.NaN, -0)]]) },
      plugins: { patience: { values, tensors: new Map([["mean", array(1, 2)]]) } },
    },
  },
  models: { "member-1": new Map([["fc.weight", array(1 / 3, 2 ** -149)]]), student: new Map() },
  random: { "student/snapmix": [1, -2, 3, -4] },
  history: [{ stage: "student", epoch: 0, losses: { crossEntropy: 1e-300 }, metrics: {}, learningRate: 0.1 }],
});

describe("a checkpoint", () => {
  test("gives back the state that was written, bit for bit", async () => {
    await writeCheckpoint(folder, stateWith({ best: 71.25, waited: 3 }));
    expect(await readNewestCheckpoint(folder, silentLogger)).toEqual(stateWith({ best: 71.25, waited: 3 }));
  });

  test("keeps whatever JSON a plugin saves", async () => {
    const json = fc
      .jsonValue()
      .filter((value) => JSON.stringify(value) === JSON.stringify(JSON.parse(JSON.stringify(value))));
    await fc.assert(
      fc.asyncProperty(json, async (values) => {
        const saved = JSON.parse(JSON.stringify(values)) as Json;
        await writeCheckpoint(folder, stateWith(saved));
        const state = await readNewestCheckpoint(folder, silentLogger);
        expect(state?.stages.student?.plugins.patience?.values).toEqual(saved);
      }),
      cases("checkpoint: any state of a plugin"),
    );
  });

  test("that is broken anywhere is passed over for the one before it, with a warning that names the file", async () => {
    await writeCheckpoint(folder, stateWith(null, 1));
    const newest = await writeCheckpoint(folder, stateWith(null, 2));
    const whole = await readFile(newest, "utf8");
    for (const broken of [
      "",
      "{",
      "null",
      "[]",
      "7",
      '"x"',
      "{}",
      whole.slice(0, -2),
      whole.replace(/"tensorsSha256":"./, '"tensorsSha256":"x'),
      whole.replace('"taken":2', '"taken":3'),
      whole.replace('"tensors":"000000002.safetensors"', '"tensors":"../000000002.safetensors"'),
      whole.replace('"format":2', '"format":3'),
    ]) {
      await writeFile(newest, broken);
      const warnings: string[] = [];
      const logger = { info: () => {}, warn: (message: string) => void warnings.push(message) };
      const state = await readNewestCheckpoint(folder, logger);
      expect(state?.stages.student?.taken, `${broken} was taken`).toBe(1);
      expect(warnings).toEqual([expect.stringMatching(/^FGKD_CORRUPT_FILE .*000000002/)]);
    }
  });

  test("that is broken and the only one ends the run with its name", async () => {
    const only = await writeCheckpoint(folder, stateWith(null));
    const { state, ...named } = JSON.parse(await readFile(only, "utf8"));
    for (const broken of [
      "{",
      "null",
      JSON.stringify(named),
      JSON.stringify({ ...named, state: { ...state, roles: [] } }),
    ]) {
      await writeFile(only, broken);
      await expect(readNewestCheckpoint(folder, silentLogger)).rejects.toThrow("FGKD_CORRUPT_FILE");
    }
  });

  test("is none where the folder is empty, or is not there", async () => {
    expect(await readNewestCheckpoint(folder, silentLogger)).toBeNull();
    expect(await readNewestCheckpoint(join(folder, "none"), silentLogger)).toBeNull();
  });

  test("is the last good one while its weights and its optimiser's values are finite", async () => {
    const momentum = (value: number, taken: number): RunState => {
      const { stages, ...rest } = stateWith(null, taken);
      const slots = new Map([["fc.weight/momentum", array(value)]]);
      const student = { ...(stages.student as NonNullable<typeof stages.student>), optimizer: { count: 5, slots } };
      return { ...rest, stages: { student } };
    };
    expect(lastGoodCheckpoint(folder)).toBeNull();
    await writeCheckpoint(folder, momentum(Number.NaN, 1));
    expect(lastGoodCheckpoint(folder)).toBeNull();
    const good = await writeCheckpoint(folder, momentum(1, 2));
    const spoilt = momentum(1, 4);
    const weights = new Map([["fc.weight", array(1, Number.POSITIVE_INFINITY)]]);
    await writeCheckpoint(folder, momentum(Number.NaN, 3));
    await writeCheckpoint(folder, { ...spoilt, models: { ...spoilt.models, "member-1": weights } });
    expect(lastGoodCheckpoint(folder)).toEqual({ path: good, steps: 2 });
  });

  test("leaves no temporary file, and makes way for newer ones", async () => {
    for (let taken = 1; taken <= 4; taken++) await writeCheckpoint(folder, stateWith(null, taken), 2);
    expect((await readdir(folder)).sort()).toEqual([
      "000000003.json",
      "000000003.safetensors",
      "000000004.json",
      "000000004.safetensors",
    ]);
  });
});
