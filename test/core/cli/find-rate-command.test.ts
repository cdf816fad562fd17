import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset } from "../../../core/index.js";
import { createWorld, toyPreset } from "./world.js";

/** The toy with a plugin that notes the rate of every step, by stage. */
function noting() {
  const rates: Record<string, number[]> = {};
  const note = definePlugin({
    name: "note",
    defaults: {},
    apply({ hooks, stage }) {
      hooks.update.tap("note", ({ learningRate }) => {
        rates[stage] = [...(rates[stage] ?? []), learningRate];
      });
    },
  });
  return { preset: definePreset({ ...toyPreset, plugins: [...toyPreset.plugins, note()] }), rates };
}

describe("fgkd find-lr", () => {
  test("raises the rate of one stage from step to step, says which to take, and keeps nothing", async () => {
    const { preset, rates } = noting();
    const world = await createWorld({ presets: [preset] });
    expect(
      await world.fgkd("find-lr --preset toy --stage teacher --batch-size 12 --from 0.001 --to 100 --steps 51"),
      world.err,
    ).toBe(0);
    expect(Object.keys(rates)).toEqual(["teacher"]);
    expect(rates.teacher).toEqual(Array.from({ length: 51 }, (_, at) => expect.closeTo(10 ** (-3 + at / 10), 9)));
    expect(world.out).toMatch(/^learning rate +loss\n +0\.001 +\d\.\d+ +█+\n/);
    const words = world.out.replaceAll("\n", " ");
    const [, fastest, lowest] = /fell fastest at ([\d.]+), and was lowest at ([\d.]+): higher/.exec(words) ?? [];
    expect(Number(fastest)).toBeLessThan(Number(lowest));
    expect(words).toContain(`Take the first: --set stages.teacher.optimizer.learningRate=${fastest} `);
    expect(await readdir(world.cwd)).toEqual([]);
  });

  test("takes the last stage and one pass, but no fewer than a hundred steps; ends when the loss is lost", async () => {
    const { preset, rates } = noting();
    const world = await createWorld({ presets: [preset] });
    expect(await world.fgkd("find-lr --preset toy --from 1e-9 --to 1e-8 --set evaluation.patience=2"), world.err).toBe(
      0,
    );
    expect(rates.student).toHaveLength(100);
    expect(world.out.replaceAll("\n", " ")).toContain("No learning rate between these made the loss fall in 100 steps");
    rates.student = [];
    expect(await world.fgkd("find-lr --preset toy --to 1e9 --steps 200")).toBe(0);
    expect(rates.student.length).toBeLessThan(200);
  });

  test("refuses a stage that is not trained, and rates that do not rise", async () => {
    const world = await createWorld();
    expect(await world.fgkd("find-lr --preset toy --stage studnet")).toBe(1);
    expect(world.err).toContain('no stage is registered as "studnet"');
    expect(await world.fgkd("find-lr --preset toy --from 1 --to 0.1")).toBe(1);
    expect(world.err).toContain("from 1 to 0.1, no rate rises");
    expect(await world.fgkd("find-lr --preset toy --from nothing")).toBe(1);
    expect(world.err).toContain("It must be a number above 0, such as 0.001.");
  });
});
