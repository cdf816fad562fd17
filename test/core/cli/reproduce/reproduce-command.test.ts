import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePreset } from "../../../../core/index.js";
import { toyTable } from "../toy-table.js";
import { createWorld, toyPreset } from "../world.js";

const preset = definePreset({ ...toyPreset, tables: [toyTable] });
const presets = [preset];
const home = "runs/toy-table1-demo";

describe("fgkd reproduce", () => {
  test("lists a preset's tables, and names them where another is asked for", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy")).toBe(0);
    expect(world.out).toMatch(/table1\s+Toys, table 1\s+2\s+toys/);
    expect(await world.fgkd("reproduce toy table7")).toBe(1);
    expect(world.err).toMatch(/table7.*table1/s);
  });

  test("says of a preset without tables that it has none", async () => {
    const world = await createWorld();
    expect(await world.fgkd("reproduce toy")).toBe(0);
    expect(world.out).toContain("toy brings no table of a publication.");
  });

  test("trains the shared teacher once, every row for every seed, and tells gains with a verdict", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --seeds 0,1")).toBe(0);
    const runs = ["alone-0", "alone-1", "teacher-0", "teacher-1", "taught-0", "taught-1"];
    for (const run of runs) expect(existsSync(join(world.cwd, home, run, "result.json")), run).toBe(true);
    expect(world.out).toMatch(/somebody's \(as published\)\s+55\.0 %/);
    expect(world.out).toMatch(/student, taught\s+60\.0 %\s+\d+\.\d %\s+± \d+\.\d/);
    expect(world.out).toMatch(/too few images or seeds|reproduced/);
    expect(world.out).toContain("student, taught: the text has 61.");
    expect(readFileSync(join(world.cwd, home, "table1.md"), "utf8")).toMatch(
      /^# Toys, table 1\n\n## the preset's own images, beside Toys\n\n\| row \|/,
    );
    expect(readFileSync(join(world.cwd, home, "table1.html"), "utf8")).toMatch(/^<!doctype html>.*Toys, table 1/s);
  });

  test("goes on where it stopped: finished runs are not run again, a failed one is told, and the others go on", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --rows alone")).toBe(0);
    const written = () => statSync(join(world.cwd, home, "alone-0/result.json")).mtimeMs;
    const before = written();
    // A file where the teacher's folder would be.
    writeFileSync(join(world.cwd, home, "teacher-0"), "");
    expect(await world.fgkd("reproduce toy table1")).not.toBe(0);
    expect(written()).toBe(before);
    expect(world.out).toMatch(/taught-0 is left out: teacher-0, which it learns from, has not ended/);
    expect(world.out).toMatch(/student alone\s+50\.0 %\s+\d/);
    expect(world.out).toMatch(/student, taught\s+60\.0 %\s+–/);
  });

  test("takes no figure of a run that was asked for otherwise", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --rows alone --epochs 1")).toBe(0);
    expect(await world.fgkd("reproduce toy table1 --rows alone --epochs 1")).toBe(0);
    expect(await world.fgkd("reproduce toy table1 --rows alone --epochs 2")).toBe(1);
    expect(world.err).toMatch(/FGKD_PATH.*alone-0.*other settings or data.*--out/s);
    expect(await world.fgkd("reproduce toy table1 --rows alone --epochs 2 --out elsewhere")).toBe(0);
  });

  test("refuses several places of which it could not tell which is whose", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --data a --data b")).toBe(1);
    expect(world.err).toMatch(/"a" stands beside others.*toys/s);
  });

  test("tells the table as JSON, and nothing else", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --rows alone --json")).toBe(0);
    const { cells, asPublished } = JSON.parse(world.out);
    expect(asPublished).toBe(false);
    expect(cells[0]).toMatchObject({ row: "alone", column: "toys", published: 50, ours: { seeds: 1 }, verdict: null });
  });

  test("tries two steps of every run with --dry-run, and keeps nothing", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce toy table1 --dry-run")).toBe(0);
    expect(world.out.match(/Dry run on cpu/g)).toHaveLength(3);
    expect(existsSync(join(world.cwd, home))).toBe(false);
  });

  test("counts settings for every run, and says that they are none of the publication's", async () => {
    const world = await createWorld({ presets });
    const typed = "reproduce toy table1 --rows alone";
    expect(await world.fgkd(`${typed} --set batchSize=2 --from-scratch --json`)).toBe(0);
    const { asPublished, isChanged, fromScratch, data } = JSON.parse(world.out);
    expect({ asPublished, isChanged, fromScratch, data }).toEqual({
      ...{ asPublished: false, isChanged: true, fromScratch: true, data: [] },
    });
    const config = readFileSync(join(world.cwd, "runs/toy-table1-demo/alone-0/config.json"), "utf8");
    expect(JSON.parse(config).layers).toContainEqual({ origin: "--set batchSize", config: { batchSize: 2 } });
  });

  test("ends at Ctrl-C with the run that it was at, and without a table", async () => {
    const world = await createWorld({ presets, onLook: (look, one) => look === 3 && one.pressCtrlC() });
    expect(await world.fgkd("reproduce toy table1")).toBe(130);
    expect(existsSync(join(world.cwd, home, "table1.md"))).toBe(false);
    expect(existsSync(join(world.cwd, home, "taught-0"))).toBe(false);
  });
});
