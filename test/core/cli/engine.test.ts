import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset, type Manifest } from "../../../core/index.js";
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
        defaults: { threads: null },
        create: ({ threads }) => ({
          name: "onednn",
          options: { threads: threads ?? machine.cores },
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
  test("is refused where another version of the engine's library would compute otherwise", async () => {
    const { machine, world } = await createMachine();
    await world.fgkd("--preset toy --engine onednn");
    machine.version = "2.0";
    expect(await world.fgkd("--resume runs/toy-1")).toBe(65);
    expect(world.err).toContain("FGKD_CHECKPOINT_MISMATCH");
    expect(world.err).toContain('engineVersion was "1.0", is "2.0"');
  });
});
