import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Result } from "./contest.js";
import { compared, readFigures, recordFigures } from "./figures.js";
import { inMarkdown } from "./report.js";

let folder = "";
let file = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fgkd-figures-"));
  file = join(folder, "figures.json");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One workload, as `contest` measures it. */
function result(workload: string, processor: number, mebibytes: number): Result {
  const turns = [processor, processor / 2];
  const fgkd = { name: "fgkd", seconds: turns[0] as number, processor, bytes: mebibytes * 2 ** 20, turns };
  return { workload, precision: "f32", stepsATurn: 1, fgkd, operations: 0 };
}

const tell = (machine: string, results: readonly Result[]) => compared(readFigures(file), machine, results, inMarkdown);

describe("the last figures", () => {
  test("of another machine or workload are none: it says how to keep these", () => {
    recordFigures("mine", 0, [result("train", 1, 100)], file);
    expect(tell("new", [result("train", 1, 100)])).toContain("on this machine (new) yet: --record");
    expect(tell("mine", [result("infer", 1, 100)])).toContain("on this machine (mine) yet: --record");
  });

  test("are told beside those of now, without a word when nothing is worse", () => {
    recordFigures("mine", 0.1, [result("train", 1, 100)], file);
    const text = tell("mine", [result("train", 1.2, 105)]);
    expect(text).toContain("| train | 0.600 | 0.500 | 1.200 | 1.000 | 105 | 100 |");
    expect(text).not.toContain("MORE");
  });

  test("tell of more processor time, and of more memory", () => {
    recordFigures("mine", 0.1, [result("train", 1, 100)], file);
    expect(tell("mine", [result("train", 1.3, 100)])).toContain("MORE processor time than before: train, 1.30 times.");
    expect(tell("mine", [result("train", 1, 120)])).toContain("MORE memory than before: train, 1.20 times.");
  });

  test("say when other programs were running", () => {
    recordFigures("mine", 3, [result("train", 1, 100)], file);
    expect(tell("mine", [result("train", 1, 100)])).toContain("(load 3)");
  });

  test("of other machines and workloads stay when some are recorded anew", () => {
    recordFigures("other", 0, [result("train", 9, 900)], file);
    recordFigures("mine", 0, [result("train", 1, 100), result("infer", 2, 200)], file);
    recordFigures("mine", 0, [result("train", 3, 300)], file);
    const figures = readFigures(file);
    expect(figures.other?.workloads.train?.processor).toBe(9);
    expect(figures.mine?.workloads.train?.processor).toBe(3);
    expect(figures.mine?.workloads.infer?.processor).toBe(2);
  });
});
