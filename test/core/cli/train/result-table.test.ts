import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Environment, Output } from "../../../../core/cli/environment.js";
import { resultTable } from "../../../../core/cli/train/result-table.js";
import type { Run, StageResult } from "../../../../core/index.js";

const settings = { input: { crop: 32 } };
const run = {
  stages: [],
  config: { run: { models: {} }, stages: { first: settings, second: settings } },
} as unknown as Pick<Run, "config" | "stages">;

const result = (stage: string, measured: Readonly<Record<string, number>>): StageResult => ({
  stage,
  title: `the ${stage}`,
  role: "student",
  epochs: 1,
  accuracy: 50,
  meanOf: 1,
  split: "test",
  best: 50,
  exported: "last",
  measured,
});

function lines(results: readonly StageResult[], columns?: number): readonly string[] {
  const stdout: Output = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  const environment = { stdout, variables: { NO_COLOR: "1" } } as unknown as Environment;
  return resultTable(results, run, new Map([["first", 7]]), environment).split("\n");
}

describe("the table of results", () => {
  test("has a column for each name that stages measured, with a dash where one did not", () => {
    const table = lines([result("first", {}), result("second", { ensembleAccuracy: 61.25 })]);
    expect(table).toEqual([
      "stage       trains   input  accuracy    best  ensemble accuracy  time",
      "the first   student  32 px    50.0 %  50.0 %                  –    7s",
      "the second  student  32 px    50.0 %  50.0 %               61.3    0s",
    ]);
  });

  test("says where accuracy was measured, and what the weights are worth on test images, where these are two", () => {
    const validated = { ...result("first", {}), split: "validation", test: { accuracy: 43.75 } } as const;
    expect(lines([validated, result("second", {})])).toEqual([
      "stage       trains   input  measured on  accuracy    best    test  time",
      "the first   student  32 px  validation     50.0 %  50.0 %  43.8 %    7s",
      "the second  student  32 px  test           50.0 %  50.0 %  50.0 %    0s",
    ]);
  });

  test("has names with a slash below, a line for each group of a stage", () => {
    const measured = { "generated/classes": 10, "generated/largestShare": 18.75, "weight/member-1": 0.12345 };
    const table = lines([result("first", measured), result("second", { "generated/classes": 9 })]);
    expect(table[0]).toMatch(/^stage +trains +input +accuracy +best +time$/);
    expect(table.slice(3)).toEqual([
      "",
      "the first, generated: classes 10, largest share 18.8",
      "",
      "the first, weight: member-1 0.123",
      "",
      "the second, generated: classes 9",
    ]);
  });

  test("breaks these lines where a terminal ends", () => {
    const table = lines([result("first", { "generated/classes": 10, "generated/largestShare": 18.75 })], 40);
    expect(table.slice(-2)).toEqual(["the first, generated: classes 10,", "largest share 18.8"]);
  });
});
