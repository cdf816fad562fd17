import { describe, expect, test } from "vitest";
import { type PublishedRow, type PublishedRun, type PublishedTable, planTable } from "../../../core/index.js";

const table: PublishedTable = {
  name: "table9",
  title: "a table",
  columns: [
    { name: "cub-small", title: "CUB, small", data: "cub", network: { "models.student.backbone": "small" } },
    { name: "cub-large", title: "CUB, large", data: "cub", network: { "models.student.backbone": "large" } },
    { name: "cars", title: "Cars", data: "cars" },
  ],
  shared: { teacher: { preset: "kd", settings: { "stages.student.enabled": false } } },
  baseline: "alone",
  rows: [
    { name: "alone", title: "alone", published: { "cub-small": 50 }, made: { preset: "baseline" } },
    { name: "kd", title: "KD", published: { "cub-small": 60 }, made: { preset: "kd", teacher: "teacher" } },
    { name: "other", title: "another's", published: { "cub-small": 55 } },
  ],
};
const names = (wanted: Partial<Parameters<typeof planTable>[1]>) =>
  planTable(table, { scale: "paper", seeds: [0], places: { cub: "/cub", cars: "/cars" }, ...wanted }).runs.map(
    ({ name }) => name,
  );

describe("the runs of a table", () => {
  test("are one for each row, column and seed, those that teach before those that learn from them", () => {
    expect(names({ places: { cars: "/cars" }, seeds: [0, 1] })).toEqual([
      "alone-0",
      "alone-1",
      "teacher-0",
      "kd-0",
      "teacher-1",
      "kd-1",
    ]);
  });

  test("are of the columns whose data somebody has", () => {
    expect(names({ places: { cub: "/cub" } })).toEqual([
      ...["alone-cub-small-0", "teacher-cub-small-0", "kd-cub-small-0"],
      ...["alone-cub-large-0", "teacher-cub-large-0", "kd-cub-large-0"],
    ]);
  });

  test("have at demo scale no networks of the publication, and so one column for all of them", () => {
    const { runs, columns } = planTable(table, { scale: "demo", seeds: [0], places: {}, place: "/photos" });
    expect(columns.map(({ title }) => title)).toEqual(["photos, beside CUB, small"]);
    expect(runs.map(({ settings, data }) => [settings, data])).toEqual([
      [{}, "/photos"],
      [{ "stages.student.enabled": false }, "/photos"],
      [{}, "/photos"],
    ]);
  });

  test("that are equal are one run, and at demo scale one row: networks alone tell some rows apart", () => {
    const twice = { ...table, rows: table.rows.flatMap((row) => [row, { ...row, name: `${row.name}-again` }]) };
    const at = (scale: "demo" | "paper") => planTable(twice, { scale, seeds: [0], places: { cars: "/cars" } });
    expect(at("demo").runs.map(({ name }) => name)).toEqual(["alone-0", "teacher-0", "kd-0"]);
    expect(at("demo").cells.map(({ runs: [run] }) => run?.name)).toEqual(["alone-0", "kd-0"]);
    expect(at("demo").merged.map(({ row, as }) => `${row.name} is ${as.name}`)).toEqual([
      "alone-again is alone",
      "kd-again is kd",
    ]);
    expect(at("paper").cells.map(({ runs: [run] }) => run?.name)).toEqual(["alone-0", "alone-0", "kd-0", "kd-0"]);
    expect(at("paper").merged).toEqual([]);
  });

  test("are named after a row that is all of one, not after one that is a stage of it", () => {
    const [alone, kd] = table.rows as [PublishedRow, PublishedRow];
    const part = { ...alone, name: "part", made: { ...alone.made, stage: "teacher" } as PublishedRun };
    const { runs, cells } = planTable({ ...table, rows: [part, alone, kd] }, { scale: "demo", seeds: [0], places: {} });
    expect(runs.map(({ name }) => name)).toEqual(["alone-0", "teacher-0", "kd-0"]);
    expect(cells.map(({ row, runs: [run] }) => [row.name, run?.name])).toContainEqual(["part", "alone-0"]);
  });

  test("start at paper scale from the weights that the publication starts from, unless somebody wants none", () => {
    const weights = { "models.student.weights": "imagenet" };
    const scratch = { "models.student.backbone": { name: "resnet50", zeroInitResidual: true } };
    const row = { name: "alone", title: "alone", published: {}, made: { preset: "baseline", weights, scratch } };
    const settings = (wanted: object) =>
      planTable({ ...table, rows: [row] }, { scale: "paper", seeds: [0], places: { cars: "/cars" }, ...wanted }).runs[0]
        ?.settings;
    expect(settings({})).toEqual(weights);
    expect(settings({ fromScratch: true })).toEqual(scratch);
    expect(settings({ scale: "demo" })).toEqual({});
  });

  test("may be others at paper scale", () => {
    const paper = { preset: "kd", settings: { "options.kd.variant": "table-1" }, teacher: "teacher" };
    const row = { name: "kd", title: "KD", published: {}, made: { preset: "kd", paper } };
    const made = (scale: "demo" | "paper") => {
      const { runs } = planTable({ ...table, rows: [row] }, { scale, seeds: [0], places: { cars: "/cars" } });
      return runs.map(({ name, settings, teacher }) => [name, Object.keys(settings), teacher]);
    };
    expect(made("demo")).toEqual([["kd-0", [], undefined]]);
    expect(made("paper")).toEqual([
      ["teacher-0", ["stages.student.enabled"], undefined],
      ["kd-0", ["options.kd.variant"], "teacher-0"],
    ]);
  });

  test("are as published at paper scale, on the published data, for as many epochs", () => {
    const places = { cars: "/cars" };
    const is = (wanted: object) => planTable(table, { scale: "paper", seeds: [0], places, ...wanted }).asPublished;
    const unlike = [
      { scale: "demo" },
      { epochs: 1 },
      { places: {}, place: "/photos" },
      { fromScratch: true },
      { isChanged: true },
    ];
    expect(is({})).toBe(true);
    expect(unlike.map(is)).toEqual(unlike.map(() => false));
  });

  test("of some rows come with the baseline, from which gains are counted", () => {
    expect(names({ rows: ["kd"], places: { cars: "/cars" } })).toEqual(["alone-0", "teacher-0", "kd-0"]);
    const own = table.rows.map((row) => (row.name === "kd" ? { ...row, baseline: "other" } : row));
    const { rows } = planTable({ ...table, rows: own }, { scale: "demo", seeds: [0], places: {}, rows: ["kd"] });
    expect(rows.map(({ name }) => name)).toEqual(["kd", "other"]);
  });

  test("of a row that is another's method are none", () => {
    expect(names({ rows: ["other"], places: { cars: "/cars" } })).toEqual(["alone-0"]);
  });

  test("name a row or data that the table does not have, with those that it has", () => {
    expect(() => names({ rows: ["kdd"] })).toThrow(/"kdd".*alone.*kd.*other/s);
    expect(() => names({ places: { birds: "/birds" } })).toThrow(/"birds".*cub.*cars/s);
  });
});
