import { describe, expect, test } from "vitest";
import { type PublishedTable, planTable } from "../../../core/index.js";

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
    expect(columns.map(({ title }) => title)).toEqual(["/photos, for CUB, small"]);
    expect(runs.map(({ settings, data }) => [settings, data])).toEqual([
      [{}, "/photos"],
      [{ "stages.student.enabled": false }, "/photos"],
      [{}, "/photos"],
    ]);
  });

  test("that are equal are one run", () => {
    const twice = { ...table, rows: table.rows.flatMap((row) => [row, { ...row, name: `${row.name}-again` }]) };
    const { runs, cells } = planTable(twice, { scale: "demo", seeds: [0], places: {} });
    expect(runs.map(({ name }) => name)).toEqual(["alone-0", "teacher-0", "kd-0"]);
    expect(cells.map(({ runs: [run] }) => run?.name)).toEqual(["alone-0", "alone-0", "kd-0", "kd-0"]);
  });

  test("are as published at paper scale, on the published data, for as many epochs", () => {
    const places = { cars: "/cars" };
    const is = (wanted: object) => planTable(table, { scale: "paper", seeds: [0], places, ...wanted }).asPublished;
    expect([{}, { scale: "demo" }, { epochs: 1 }, { places: {}, place: "/photos" }].map(is)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("of some rows come with the baseline, from which gains are counted", () => {
    expect(names({ rows: ["kd"], places: { cars: "/cars" } })).toEqual(["alone-0", "teacher-0", "kd-0"]);
  });

  test("of a row that is another's method are none", () => {
    expect(names({ rows: ["other"], places: { cars: "/cars" } })).toEqual(["alone-0"]);
  });

  test("name a row or data that the table does not have, with those that it has", () => {
    expect(() => names({ rows: ["kdd"] })).toThrow(/"kdd".*alone.*kd.*other/s);
    expect(() => names({ places: { birds: "/birds" } })).toThrow(/"birds".*cub.*cars/s);
  });
});
