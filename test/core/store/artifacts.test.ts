import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
import { artifactsIn } from "../../../core/store/artifacts.js";
import { cleanRun } from "../../../core/store/clean.js";

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "fgkd-"));
});
afterEach(() => rm(run, { recursive: true, force: true }));

const open = () => artifactsIn(join(run, "artifacts"), () => undefined);

describe("artifacts of a run", () => {
  test("lie under artifacts/, in the folders that their names say, bytes and texts alike", async () => {
    const artifacts = open();
    artifacts.write("generator/epoch-005.png", Uint8Array.of(1, 2, 3));
    artifacts.write("report.txt", "grün");
    artifacts.check();
    expect([...(await readFile(join(run, "artifacts/generator/epoch-005.png")))]).toEqual([1, 2, 3]);
    expect(await readFile(join(run, "artifacts/report.txt"), "utf8")).toBe("grün");
  });

  test("take the place of older ones of that name, and leave nothing beside them", async () => {
    const artifacts = open();
    artifacts.write("report.txt", "long ago");
    artifacts.write("report.txt", "now");
    expect(await readFile(join(run, "artifacts/report.txt"), "utf8")).toBe("now");
    expect(await readdir(join(run, "artifacts"))).toEqual(["report.txt"]);
  });

  test.each([
    ["../config.json", "has other characters"],
    ["/etc/passwd", "is empty"],
    ["maps/../../config.json", "has other characters"],
    ["maps\\one.png", "has other characters"],
    ["C:/one.png", "has other characters"],
    ["maps//one.png", "is empty"],
    ["maps/", "is empty"],
    ["", "is empty"],
    [".hidden", "has other characters"],
    ["con.png", "is the name of a device on Windows"],
    ["constructor/x.png", "is a word of JavaScript's own"],
    ["a/b/c/d/e/f/g/h/i.png", "has more than 8 parts"],
    ["report.tmp", "ends with .tmp, as unfinished files do"],
    [`${"x".repeat(65)}.png`, "is longer than 64 characters"],
    [7, "is no text"],
  ])("refuse the name %j, in a run folder and without one", async (name, problem) => {
    const { artifacts } = createTraining({ plugins: [] });
    for (const { write } of [open(), artifacts]) {
      expect(() => write(name as string, "x")).toThrow(expect.objectContaining({ code: "FGKD_INVALID_NAME" }));
      expect(() => write(name as string, "x")).toThrow(problem);
    }
    expect(await readdir(run)).toEqual([]);
  });

  test("that the disk refuses are told once, when the run asks, and not to the plugin", async () => {
    await writeFile(join(run, "artifacts"), "a file where the folder should be");
    const artifacts = open();
    artifacts.write("report.txt", "x");
    artifacts.write("other.txt", "x");
    expect(() => artifacts.check()).toThrow(expect.objectContaining({ code: "FGKD_STORAGE" }));
    expect(() => artifacts.check()).not.toThrow();
  });

  test("are not written into a run folder that somebody has taken away: the run makes it anew as a whole", async () => {
    const gone = { isThere: false, check: () => {}, release: () => {} };
    const artifacts = artifactsIn(join(run, "artifacts"), () => gone);
    artifacts.write("report.txt", "x");
    artifacts.check();
    expect(await readdir(run)).toEqual([]);
  });

  test("that a killed process left unfinished go when the run is taken up", async () => {
    await mkdir(join(run, "artifacts/generator"), { recursive: true });
    await writeFile(join(run, "artifacts/generator/epoch-001.png"), "whole");
    await writeFile(join(run, "artifacts/generator/epoch-002.png.tmp"), "hal");
    cleanRun(run, null);
    expect(await readdir(join(run, "artifacts/generator"))).toEqual(["epoch-001.png"]);
  });
});

describe("without a run folder", () => {
  test("a plugin may write, and nothing is kept", async () => {
    const { artifacts } = createTraining({ plugins: [] });
    expect(() => artifacts.write("report.txt", "x")).not.toThrow();
    await expect(stat("artifacts")).rejects.toThrow("ENOENT");
  });
});
