import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset, type Preset, type Stage } from "../../../../core/index.js";
import { teachers } from "../../../../plugins/teachers/index.js";
import { createWorld, toyEnsemble, toyPreset, type World } from "../world.js";

const everything = (world: World) => readdir(world.cwd, { recursive: true }).then((names) => names.sort());

/** What the plugin of every stage saw, by stage. */
function watching(preset: Preset): { readonly preset: Preset; readonly seen: string[] } {
  const seen: string[] = [];
  const watch = definePlugin({
    name: "watch",
    defaults: {},
    apply({ hooks, stage, config }) {
      hooks.batch.tap("watch", (batch) => {
        seen.push(`${stage} step, ${batch.images?.shape[0]} images, ${config.epochs} epochs`);
        return batch;
      });
      hooks.epoch.tap("watch", ({ metrics }) => void seen.push(`${stage} tested: ${"accuracy" in metrics}`));
    },
  });
  return { preset: definePreset({ ...preset, plugins: [...preset.plugins, watch()] }), seen };
}

describe("fgkd train --dry-run", () => {
  test("takes two steps of every stage at the real settings, with a test each, and keeps nothing", async () => {
    const { preset, seen } = watching(toyPreset);
    const world = await createWorld({ presets: [preset] });
    expect(await world.fgkd("--preset toy --dry-run --epochs 40")).toBe(0);
    expect(seen).toEqual([
      "teacher step, 3 images, 40 epochs",
      "teacher step, 3 images, 40 epochs",
      "teacher tested: true",
      "student step, 3 images, 40 epochs",
      "student step, 3 images, 40 epochs",
      "student tested: true",
    ]);
    expect(world.out).toMatch(
      /^Dry run on cpu: 2 steps of the teacher, the student, with tests, checkpoint and export, went through. The whole run will take about \d+ seconds. Nothing was kept.$/m,
    );
    expect(await everything(world)).toEqual([]);
  });

  test("leaves the folder that was named as it is", async () => {
    const world = await createWorld();
    await mkdir(join(world.cwd, "out"));
    await writeFile(join(world.cwd, "out/notes.txt"), "mine");
    expect(await world.fgkd("--preset toy --dry-run --out out")).toBe(0);
    expect(await world.fgkd("--preset toy --dry-run --out other/deep")).toBe(0);
    expect(await everything(world)).toEqual(["out", "out/notes.txt"]);
  });

  test("refuses a folder that the run itself would refuse", async () => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "file"), "");
    expect(await world.fgkd("--preset toy --dry-run --out file/run")).toBe(1);
    await world.fgkd("--preset toy --quiet --out run");
    expect(await world.fgkd("--preset toy --dry-run --out run")).toBe(1);
    expect(world.err).toContain("already holds a run");
  });

  test.each(["setup", "batch", "epoch"] as const)("finds what fails in hooks.%s of the last stage", async (hook) => {
    const failing = definePlugin({
      name: "failing",
      defaults: {},
      apply({ hooks, stage }) {
        hooks[hook as "setup"].tap("failing", () => {
          if (stage === "student") throw new Error("on day three");
          return undefined as never;
        });
      },
    });
    // A tap of the waterfall hook gives the batch on by itself where it does not fail.
    const stages = { ...toyPreset.stages };
    const student = stages.student as NonNullable<Preset["stages"][string]>;
    const preset = definePreset({
      ...toyPreset,
      stages: { ...stages, student: { ...student, plugins: [...(student.plugins ?? []), failing()] } },
    });
    const world = await createWorld({ presets: [preset] });
    expect(await world.fgkd("--preset toy --dry-run")).toBe(70);
    expect(world.err).toContain("on day three");
    expect(await everything(world)).toEqual([]);
  });

  test("tries stages that take turns one after the other, and as many members as are asked for", async () => {
    const { preset, seen } = watching({ ...toyPreset, schedule: ({ student }) => student as never });
    const world = await createWorld({ presets: [preset, toyEnsemble] });
    expect(await world.fgkd("--preset toy --dry-run")).toBe(0);
    expect(seen.filter((line) => line.includes("step")).map((line) => line.split(" ")[0])).toEqual([
      "teacher",
      "teacher",
      "student",
      "student",
    ]);
    expect(await world.fgkd("--preset toy-ensemble --dry-run --count 3")).toBe(0);
    expect(world.out).toContain("2 steps of member-1, member-2, member-3, with");
  });

  test("tries a stage that uses what a later one trains, as stages that take turns may: a generator its student", async () => {
    const { teacher } = toyPreset.stages as Readonly<Record<string, Stage>>;
    const looking = {
      ...teacher,
      trains: "teacher",
      teachers: [{ name: "teacher-logits", teacher: "student" }],
    } as Stage;
    const stages: Readonly<Record<string, Stage>> = { ...toyPreset.stages, teacher: looking };
    const preset = definePreset({
      ...toyPreset,
      plugins: [...toyPreset.plugins, teachers()],
      stages,
      schedule: ({ student }) => student as never,
    });
    const world = await createWorld({ presets: [preset] });
    expect(await world.fgkd("--preset toy --dry-run"), world.err).toBe(0);
    expect(world.out).toContain("Dry run on cpu: 2 steps of the teacher, the student");
  });

  test("is stopped by Ctrl-C, leaves nothing, and is no way to take a run up", async () => {
    const world = await createWorld({ onLook: (look, own) => look === 2 && own.pressCtrlC() });
    expect(await world.fgkd("--preset toy --dry-run")).toBe(130);
    expect(await everything(world)).toEqual([]);
    expect(await world.fgkd("--resume --dry-run")).toBe(1);
    expect(world.err).toContain("leave --dry-run out");
  });
});
