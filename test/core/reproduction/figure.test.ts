import { describe, expect, test } from "vitest";
import { type PublishedFigure, type PublishedTable, planFigure, planTable } from "../../../core/index.js";

const network = (name: string) => ({ "models.student.backbone": name });
const table: PublishedTable = {
  name: "table2",
  title: "a table",
  columns: [
    { name: "cub-small", title: "CUB, small", data: "cub", network: network("small") },
    { name: "cub-large", title: "CUB, large", data: "cub", network: network("large") },
  ],
  shared: { teacher: { preset: "kd", settings: { "stages.student.enabled": false } } },
  baseline: "alone",
  rows: [
    { name: "alone", title: "alone", published: {}, made: { preset: "baseline" } },
    { name: "kd", title: "KD", published: {}, made: { preset: "kd", teacher: "teacher" } },
    { name: "dkd", title: "DKD", published: {}, made: { preset: "dkd", teacher: "teacher" } },
  ],
};
const figure: PublishedFigure = {
  ...{ name: "fig2", title: "a figure", published: "two of them" },
  ...{ table: "table2", column: "cub-large", rows: ["dkd", "kd"] },
};
const paper = { scale: "paper", seeds: [0], places: { cub: "/cub" } } as const;

describe("the runs of a figure", () => {
  test("are its rows' under its column and what these learn from, by the names that its table has for them", () => {
    const { cells, runs } = planFigure(figure, table, paper);
    expect(cells.map(({ row }) => row.name)).toEqual(["dkd", "kd"]);
    expect(runs.map(({ name }) => name)).toEqual(["teacher-cub-large-0", "kd-cub-large-0", "dkd-cub-large-0"]);
    const all = planTable(table, paper).runs;
    for (const run of runs) expect(all).toContainEqual(run);
  });

  test("are at demo scale of the one column that there is", () => {
    const { runs } = planFigure(figure, table, { scale: "demo", seeds: [1], places: {}, place: "/photos" });
    expect(runs.map(({ name }) => name)).toEqual(["teacher-1", "kd-1", "dkd-1"]);
  });

  test("may be of some of its rows, and of no others", () => {
    const some = planFigure(figure, table, { ...paper, rows: ["kd"] });
    expect(some.runs.map(({ name }) => name)).toEqual(["teacher-cub-large-0", "kd-cub-large-0"]);
    expect(() => planFigure(figure, table, { ...paper, rows: ["alone"] })).toThrow(/"alone".*dkd.*kd/s);
  });
});
