import { describe, expect, test } from "vitest";
import * as shipped from "../../presets/index.js";
import { passTable } from "../kill/pass-list.js";
import { readDocument } from "./blocks.js";

describe("the table of kills", () => {
  test("counts what was tried and what passed apart, and says what failed", () => {
    const table = passTable([
      { preset: "kd", engine: "cpu", asked: 7, tried: 7, passed: 7 },
      { preset: "kd", engine: "wasm", asked: 7, tried: 7, passed: 5 },
      { preset: "dkd", engine: "cpu", asked: 7, tried: 0, passed: 0 },
      // Came to grief between two runs: what was tried had passed, and more was asked.
      { preset: "dkd", engine: "wasm", asked: 7, tried: 5, passed: 5 },
      { preset: "cmi", engine: "wasm", asked: 20, tried: 20, passed: 20 },
    ]);
    expect(table.split("\n")).toEqual([
      "| preset | cpu | wasm |",
      "|---|---|---|",
      "| `kd` | 7 of 7 | **failed: 5 of 7** |",
      "| `dkd` | **no kill made** | **failed: 5 of 5** |",
      "| `cmi` | – | 20 of 20 |",
    ]);
  });

  test("in the reference has a row for every preset, and none failed", () => {
    const rows = readDocument("docs/reference/resume.md")
      .split("\n")
      .filter((line) => / of \d|failed|no kill/.test(line) && line.startsWith("|"));
    const presets = rows.map((row) => /`([^`]+)`/.exec(row)?.[1]);
    expect(presets.sort()).toEqual(
      Object.values(shipped)
        .map(({ name }) => name)
        .sort(),
    );
    for (const row of rows)
      for (const cell of row.split("|").slice(2, -1)) expect(cell.trim()).toMatch(/^(?:–|(\d+) of \1)$/);
  });
});
