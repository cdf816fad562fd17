/** What is told before any work, and what stays behind: nothing. */
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset } from "../../../core/index.js";
import { createWorld, toyPreset, type World } from "./world.js";

const { teacher, student } = toyPreset.stages;

/** A plugin that fails in a stage: at its n-th step, or at 0 when it is set up. */
const failing = (at: number, stage = "student") =>
  definePreset({
    ...toyPreset,
    stages: {
      teacher: teacher as never,
      student: student as never,
      [stage]: {
        ...toyPreset.stages[stage],
        plugins: [...(toyPreset.stages[stage]?.plugins ?? []), failAt({ at })],
      } as never,
    },
  });

const failAt = definePlugin<{ readonly at?: number }>({
  name: "failing",
  defaults: { at: 0 },
  apply({ hooks }, { at }) {
    let seen = 0;
    const fail = () => {
      throw new Error("it cannot be done");
    };
    if (at === 0) hooks.setup.tap("failing", fail);
    else
      hooks.batch.tap("failing", (batch) => {
        seen += 1;
        return seen === at ? fail() : batch;
      });
  },
});

const listed = async (world: World, path = "") => (await readdir(join(world.cwd, path))).sort();

describe("a mistake that a later stage would come upon", () => {
  test.each([
    [
      "--teacher nosuch.safetensors",
      "nosuch.safetensors: there is no such file or folder. Check the path given with --teacher",
    ],
    ["--teacher nosuch.pth", "nosuch.pth: there is no such file or folder"],
    ["--teacher teacher.pth", "FGKD_CORRUPT_FILE"],
    ["--teacher notes.safetensors", "FGKD_CORRUPT_FILE"],
    ["--teacher runs-of-others", "runs-of-others: is not a file"],
    ["--set models.student.weights=gone.safetensors", "gone.safetensors: cannot be opened (ENOENT)"],
    ["--set stages.student.batchSize=50", 'stage "student": its batchSize is 50'],
    ["--set models.studnet.weights=x", 'Did you mean "student"?'],
    ["--set stages.student.optimizer.name=sdg", 'Did you mean "sgd"?'],
    ["--set stages.student.options.toy-los.weight=1", 'Did you mean "toy-loss"?'],
    ["--engine cqu", 'Did you mean "cpu"?'],
  ])("is told before anything is trained, and no folder stays behind: %s", async (words, message) => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "teacher.pth"), "PK\u0003\u0004 what PyTorch saves");
    await writeFile(join(world.cwd, "notes.safetensors"), "my notes");
    await mkdir(join(world.cwd, "runs-of-others"));
    const before = await listed(world);
    expect(await world.fgkd(`--preset toy ${words}`)).not.toBe(0);
    expect(world.err).toContain(message);
    expect(world.out).not.toContain("epoch 1/");
    expect(await listed(world)).toEqual(before);
    expect(await world.fgkd("--resume")).toBe(1);
    expect(world.err).toContain("holds no run");
  });

  test.each(["models.studnet.weights=x", "options.toy-los.weight=2", "data.name=toy-point", "engine=cqu"])(
    "is told by fgkd config, too: %s",
    async (setting) => {
      const world = await createWorld();
      expect(await world.fgkd(`config --preset toy --set ${setting}`)).toBe(1);
      expect(world.err).toMatch(/FGKD_UNKNOWN_NAME .*Did you mean/);
    },
  );
});

describe("an output folder", () => {
  test("that lies below a file, or is one, is refused before the data is read", async () => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "file"), "");
    for (const out of ["file", "file/run", "file/deep/run"]) {
      const before = world.err.length;
      expect(await world.fgkd(`--preset toy --set data.name=toy-points --out ${out}`)).toBe(1);
      expect(world.err.slice(before)).toMatch(/file: is not a folder. Choose a folder with --out./);
    }
    expect(await listed(world)).toEqual(["file"]);
  });

  test("that the user made is there as before when the first step fails, and one of ours is gone", async () => {
    const world = await createWorld({ presets: [failing(0, "teacher")] });
    await mkdir(join(world.cwd, "mine"));
    await writeFile(join(world.cwd, "mine/notes.txt"), "");
    for (const out of ["mine", "new", "new/deep", ""]) {
      expect(await world.fgkd(`--preset toy ${out && `--out ${out}`}`)).toBe(70);
      expect(world.err).toContain("it cannot be done");
    }
    expect(await listed(world)).toEqual(["mine"]);
    expect(await listed(world, "mine")).toEqual(["notes.txt"]);
  });

  test("stays when work was done, beside what others made", async () => {
    const world = await createWorld({ presets: [failing(2, "teacher")] });
    expect(await world.fgkd("--preset toy")).toBe(70);
    expect(await listed(world, "runs/toy-1")).toEqual(["config.json", "manifest.json"]);
  });
});

describe("--resume without a name", () => {
  test("passes over a folder without a checkpoint, with a word", async () => {
    const world = await createWorld({ presets: [failing(2, "teacher")] });
    await world.fgkd("--preset toy");
    expect(await world.fgkd("--resume")).toBe(1);
    expect(world.err).toContain(
      "runs: holds no run that has a checkpoint. Name one: --resume runs/toy-1 begins it anew.",
    );
    expect(await world.fgkd("--resume runs/toy-1")).toBe(70);
    const both = await createWorld();
    await both.fgkd("--preset toy --quiet");
    await mkdir(join(both.cwd, "runs/toy-2"));
    for (const name of ["config.json", "manifest.json"])
      await copyFile(join(both.cwd, "runs/toy-1", name), join(both.cwd, "runs/toy-2", name));
    expect(await both.fgkd("--resume")).toBe(0);
    expect(both.out).toContain("runs/toy-1 has ended already");
    expect(both.err).toContain(
      "warning runs/toy-2 is newer, but has no checkpoint yet: --resume runs/toy-2 begins it anew.",
    );
  });
});

describe("off a terminal", () => {
  test("the stage that begins is told before its first step", async () => {
    const world = await createWorld({ presets: [failing(1, "teacher")] });
    await world.fgkd("--preset toy");
    expect(world.out).toMatch(/^the teacher {2}begins: 3 epochs of 4 steps$/m);
  });

  test("the speed is told of epochs that have more than one step", async () => {
    const told = async (batchSize: number) => {
      const world = await createWorld();
      await world.fgkd(`--preset toy --batch-size ${batchSize}`);
      return [/begins: 3 epochs of (\d+) steps?$/m.exec(world.out)?.[1], / images\/s/.test(world.out)];
    };
    expect([await told(2), await told(12)]).toEqual([
      ["6", true],
      ["1", false],
    ]);
  });
});
