import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  byPriority,
  createTraining,
  definePlugin,
  definePreset,
  describeOptions,
  type Engine,
  type Manifest,
  startChosenEngine,
} from "../../../core/index.js";
import { engines as shipped } from "../../../plugins/engines/index.js";
import { slowEngine } from "../../support/slow-engine.js";
import { createWorld, toyPreset, type World } from "./world.js";

/** A machine: how many threads its engine takes by itself, and the library it has. */
interface Machine {
  cores: number;
  version: string;
}

/** An engine with threads that computes in plain JavaScript, and one that has no options. */
function presetOn(machine: Machine, started: number[]) {
  const engines = definePlugin({
    name: "engines",
    defaults: {},
    apply({ engines }) {
      engines.register("cpu", {
        defaults: {},
        create: () => ({
          name: "cpu",
          check: async () => ({ available: true, detail: "plain" }),
          start: async () => void (await tf.setBackend("cpu")),
        }),
      });
      engines.register("onednn", {
        defaults: { threads: null, winograd: null, autotune: null, precision: "f32", layout: null },
        create: ({ threads, precision }) => ({
          name: "onednn",
          options: { threads: threads ?? machine.cores, precision },
          check: async () => ({ available: true, detail: "native", version: machine.version }),
          start: async () => {
            started.push(threads ?? machine.cores);
            await tf.setBackend("cpu");
          },
        }),
      });
    },
  });
  return definePreset({ ...toyPreset, name: "toy", plugins: [...[toyPreset.plugins].flat(), engines()] });
}

async function createMachine() {
  const machine: Machine = { cores: 4, version: "1.0" };
  const started: number[] = [];
  const world = await createWorld({ presets: [presetOn(machine, started)] });
  return { machine, started, world };
}

async function manifestOf({ cwd }: World): Promise<Manifest> {
  return JSON.parse(await readFile(join(cwd, "runs/toy-1/manifest.json"), "utf8")) as Manifest;
}

describe("the threads of an engine", () => {
  test("are as many as asked for, and stand in the manifest with the engine's version", async () => {
    const { started, world } = await createMachine();
    expect(await world.fgkd("--preset toy --engine onednn --threads 2")).toBe(0);
    expect(started).toEqual([2]);
    expect(await manifestOf(world)).toMatchObject({
      engine: "onednn",
      engineOptions: { threads: 2 },
      engineVersion: "1.0",
    });
  });

  test("can be a setting like any other", async () => {
    const { started, world } = await createMachine();
    expect(await world.fgkd("--preset toy --engine onednn --set engine.threads=3")).toBe(0);
    expect(started).toEqual([3]);
    await world.fgkd("config --preset toy --engine onednn --threads 2");
    expect(world.out).toMatch(/engine\.name +onednn +--engine/);
    expect(world.out).toMatch(/engine\.threads +2 +--threads/);
  });

  test("stay those of the run when it goes on with more cores", async () => {
    const { machine, started, world } = await createMachine();
    await world.fgkd("--preset toy --engine onednn");
    machine.cores = 16;
    expect(await world.fgkd("--resume runs/toy-1")).toBe(0);
    expect(started).toEqual([4, 4]);
  });

  test("are refused by an engine that has none", async () => {
    const { world } = await createMachine();
    expect(await world.fgkd("--preset toy --engine cpu --threads 2")).toBe(1);
    expect(world.err).toContain('FGKD_UNKNOWN_OPTION [engine cpu] has no option "threads"');
  });

  test("make auto take the first engine that has them", async () => {
    const { started, world } = await createMachine();
    expect(await world.fgkd("--preset toy --threads 2")).toBe(0);
    expect(started).toEqual([2]);
    expect((await manifestOf(world)).engine).toBe("onednn");
  });
});

describe("a resumed run", () => {
  test("goes on although an earlier version told less of the engine's options", async () => {
    const { world } = await createMachine();
    await world.fgkd("--preset toy --engine onednn");
    const { engineOptions: _, ...manifest } = await manifestOf(world);
    const before = { ...manifest, engineOptions: {} };
    await writeFile(join(world.cwd, "runs/toy-1/manifest.json"), JSON.stringify(before));
    expect(await world.fgkd("--resume runs/toy-1")).toBe(0);
  });

  test("is refused where it would go on in another precision", async () => {
    const { world } = await createMachine();
    await world.fgkd("--preset toy --engine onednn --set engine.precision=bf16");
    expect(await manifestOf(world)).toMatchObject({ engineOptions: { precision: "bf16" } });
    expect(await world.fgkd("--resume runs/toy-1 --set engine.precision=f32")).toBe(1);
    expect(world.err).toContain("the engine of a run is no setting to correct");
    expect(await world.fgkd("--resume runs/toy-1")).toBe(0);
  });

  test("is refused where another version of the engine's library would compute otherwise", async () => {
    const { machine, world } = await createMachine();
    await world.fgkd("--preset toy --engine onednn");
    machine.version = "2.0";
    expect(await world.fgkd("--resume runs/toy-1")).toBe(65);
    expect(world.err).toContain("FGKD_CHECKPOINT_MISMATCH");
    expect(world.err).toContain('engineVersion was "1.0", is "2.0"');
  });
});

/** A file of the user's project: a plugin that registers an engine. */
const strangers = `
import * as tf from "@tensorflow/tfjs";
import { definePlugin } from "fgkd";
export const abacus = definePlugin({
  name: "abacus",
  defaults: {},
  register: ({ engines }) =>
    engines.register("abacus", {
      defaults: {},
      create: () => ({
        name: "abacus",
        priority: 50,
        capabilities: { halfPrecision: true, deterministic: true, threads: 10 },
        check: async () => ({ available: true, detail: "beads on wires" }),
        start: async () => void (await tf.setBackend("cpu")),
        build: async () => ({ built: true, detail: "abacus: strung" }),
      }),
    }),
});
`;

async function createProject(config = 'export default { plugins: ["./abacus.ts"] };') {
  const world = await createWorld();
  await writeFile(join(world.cwd, "abacus.ts"), strangers);
  await writeFile(join(world.cwd, "fgkd.config.ts"), config);
  return world;
}

describe("an engine that a stranger's plugin registers", () => {
  test("is what auto takes when its priority is highest", async () => {
    const world = await createProject();
    expect(await world.fgkd("--preset toy")).toBe(0);
    expect((await manifestOf(world)).engine).toBe("abacus");
  });

  test("stands in doctor before ours, with priority and capabilities", async () => {
    const world = await createProject();
    expect(await world.fgkd("doctor")).toBe(0);
    expect(world.out).toMatch(
      /^✔ abacus +beads on wires\n +priority 50; repeats to the byte, half precision, 10 threads$/m,
    );
    expect(world.out).toMatch(
      /^✔ cpu +plain JavaScript\n +priority 0; results vary in the last bits, float32, 1 thread$/m,
    );
    expect(world.out.indexOf("abacus")).toBeLessThan(world.out.indexOf("tensorflow"));
    expect(world.out).toContain("fgkd will run on abacus.");
  });

  test("stands in the list, and can be built", async () => {
    const world = await createProject();
    expect(await world.fgkd("list")).toBe(0);
    expect(world.out).toMatch(/^ {2}abacus +can run here$/m);
    expect(await world.fgkd("build-engine abacus")).toBe(0);
    expect(world.out).toContain("abacus: strung");
  });

  test("is left out with a warning where the project's config does not load", async () => {
    const world = await createProject('export default { plugins: ["./abakus.ts"] };');
    expect(await world.fgkd("doctor")).toBe(0);
    expect(world.err).toContain("The plugins of this project are left out: FGKD_");
    expect(world.out).toContain("fgkd will run on cpu.");
  });
});

describe("auto", () => {
  const engine = (name: string, priority?: number): Engine => ({
    name,
    ...(priority !== undefined && { priority }),
    check: async () => ({ available: true, detail: "" }),
    start: async () => {},
  });

  test("tries the highest priority first, and equal ones in the order of registration", () => {
    const engines = [engine("a", 10), engine("b"), engine("c", 30), engine("d", 10), engine("e", -1)];
    expect(byPriority(engines).map(({ name }) => name)).toEqual(["c", "a", "d", "b", "e"]);
  });

  test("prefers fgkd's own engines in the order of what they promise", () => {
    const { engines } = createTraining({ plugins: [shipped()] });
    const made = engines.names.map((name) => engines.choose({ name })).reverse();
    expect(byPriority(made).map(({ name }) => name)).toEqual(["webgpu", "tensorflow", "onednn", "wasm", "cpu"]);
  });

  /** Two engines with a precision, of which either has values that the other has not. */
  function inTwoPrecisions() {
    const precisions = definePlugin({
      name: "precisions",
      defaults: {},
      apply({ engines }) {
        const known = (name: string, others: readonly string[]) =>
          describeOptions(`engine ${name}`, z.strictObject({ precision: z.enum(["f32", ...others]).default("f32") }));
        engines.register("first", { ...known("first", ["f16"]), create: () => engine("first", 20) });
        engines.register("second", { ...known("second", ["bf16"]), create: () => engine("second", 10) });
      },
    });
    return createTraining({ plugins: [precisions()] }).engines;
  }

  test("passes an engine over that has the option and not the value", async () => {
    const choice = { name: "auto", precision: "bf16" };
    expect(await startChosenEngine(choice, inTwoPrecisions())).toMatchObject({ name: "second" });
  });

  test("says of a value that no engine has what each of them takes", async () => {
    const choice = { name: "auto", precision: "f8" };
    await expect(startChosenEngine(choice, inTwoPrecisions())).rejects.toMatchObject({
      code: "FGKD_INVALID_OPTION",
      message: expect.stringMatching(
        /^FGKD_INVALID_OPTION \[engine first\] option "precision" .*f16.* \[engine second\] option "precision" .*bf16/,
      ),
    });
  });
});

/** An engine with two devices, which is right and slow. */
const slow = definePlugin({
  name: "slow",
  defaults: {},
  register: ({ engines }) =>
    engines.register("slow", {
      defaults: { device: null as number | string | null },
      create: ({ device }) => ({
        name: "slow",
        priority: 90,
        options: { device },
        check: async () => ({ available: true, automatic: false, detail: "a GPU of software" }),
        devices: async () => [
          { name: "first", detail: "128 MiB" },
          { name: "second", detail: "256 MiB" },
        ],
        start: async () => void (await tf.setBackend("cpu")),
      }),
    }),
} as const);

declare module "../../../core/index.js" {
  interface Engines {
    slow: { readonly device?: number | string | null };
    first: { readonly precision?: string };
    second: { readonly precision?: string };
  }
}

describe("an engine that is right and slow", () => {
  const createSlow = () =>
    createWorld({ presets: [definePreset({ ...toyPreset, plugins: [toyPreset.plugins, slow()] })] });

  test("is not what auto takes", async () => {
    const world = await createSlow();
    expect(await world.fgkd("--preset toy")).toBe(0);
    expect((await manifestOf(world)).engine).toBe("cpu");
  });

  test("is taken by its name, on the device that is asked for by number or name", async () => {
    const world = await createSlow();
    expect(await world.fgkd("--preset toy --engine slow --device 1 --out runs/toy-1")).toBe(0);
    expect(await manifestOf(world)).toMatchObject({ engine: "slow", engineOptions: { device: 1 } });
    expect(await world.fgkd("--preset toy --engine slow --device second --out runs/toy-2")).toBe(0);
    expect(await world.fgkd("config --preset toy --engine slow --device second")).toBe(0);
    expect(world.out).toMatch(/engine\.device +second +--device/);
  });

  test("refuses a device that has no words", async () => {
    const world = await createSlow();
    expect(await world.fgkd("--preset toy --engine slow --device=")).toBe(1);
    expect(world.err).toContain("It must be a number, or a part of a name");
  });

  test("is told by auto where nothing else could run", async () => {
    const { engines } = createTraining({ plugins: [slow()] });
    await expect(startChosenEngine({ name: "auto" }, engines)).rejects.toThrow(
      "slow: a GPU of software (--engine slow takes it)",
    );
  });

  test("has its devices in doctor", async () => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "slow.ts"), slowEngine);
    await writeFile(join(world.cwd, "fgkd.config.ts"), 'export default { plugins: ["./slow.ts"] };');
    expect(await world.fgkd("doctor")).toBe(0);
    expect(world.out).toMatch(
      /^✔ slow +a GPU of software\n +--device 0: first, 128 MiB\n +--device 1: second, 256 MiB\n +left out by "auto": --engine slow takes it\n/m,
    );
    expect(world.out).toContain("fgkd will run on cpu.");
  });
});
describe("an engine by another word", () => {
  const { engines } = createTraining({ plugins: [shipped()] });

  test.each(["CUDA", "nvidia"])("%s is refused with the one that is meant, and what it needs", async (name) => {
    await expect(startChosenEngine({ name }, engines)).rejects.toThrow(
      /^FGKD_ENGINE_UNAVAILABLE engine "\w+" cannot run here: the engine that is meant is called "tensorflow"\. Try: --engine tensorflow, after: npm install @tensorflow\/tfjs-node-gpu /,
    );
  });

  test.each(["gpu", "Vulkan", "metal"])("%s is refused with the engine webgpu", async (name) => {
    await expect(startChosenEngine({ name }, engines)).rejects.toThrow(
      `FGKD_ENGINE_UNAVAILABLE engine "${name}" cannot run here: the engine that is meant is called "webgpu". Try: --engine webgpu`,
    );
  });

  test("is not guessed", async () => {
    await expect(startChosenEngine({ name: "wsam" }, engines)).rejects.toThrow(
      'Did you mean "wasm"? If it comes from a plugin',
    );
  });
});
