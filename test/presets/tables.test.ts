import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Environment } from "../../core/cli/environment.js";
import { chooseRun } from "../../core/cli/train/choose-run.js";
import { checkRun, type NeededRun, type Preset, planTable, type Scale } from "../../core/index.js";
import * as plugins from "../../plugins/index.js";
import * as presets from "../../presets/index.js";

const nowhere = () => new PassThrough().resume();
const environment: Environment = {
  stdout: nowhere(),
  stderr: nowhere(),
  cwd: "/",
  variables: {},
  load: async (specifier) => ({ "fgkd/presets": presets, "fgkd/plugins": plugins })[specifier] ?? import(specifier),
  now: () => 0,
  onStop: () => () => undefined,
};

const withTables = (Object.values(presets) as readonly Preset[]).filter(({ tables }) => tables);

test("each of the four papers has its tables", () => {
  expect(withTables.map(({ name }) => name).sort()).toEqual([
    "dadkd",
    "deit-convnext",
    "dfkd-generator",
    "or-ensemble",
  ]);
});

describe.each(withTables)("the tables of $name", ({ tables = [] }) => {
  test.each(["demo", "paper"] as const)("are made by runs that fgkd can compose, at %s scale", async (scale) => {
    for (const table of tables) for (const run of runsOf(table, scale)) await compose(run, `${table.name} ${run.name}`);
  });

  test("have rows, columns and shared runs that are there", () => {
    for (const { name, columns, rows, shared = {}, baseline } of tables) {
      const known = columns.map((column) => column.name);
      expect(new Set(known).size, name).toBe(known.length);
      expect(new Set(rows.map((row) => row.name)).size, name).toBe(rows.length);
      if (baseline !== undefined)
        expect(
          rows.map((row) => row.name),
          name,
        ).toContain(baseline);
      for (const { published, made } of rows) {
        expect(known, name).toEqual(expect.arrayContaining(Object.keys(published)));
        for (const value of Object.values(published)) expect(value).toBeGreaterThan(0);
        if (made?.teacher !== undefined) expect(Object.keys(shared), name).toContain(made.teacher);
      }
    }
  });
});

function runsOf(table: NonNullable<Preset["tables"]>[number], scale: Scale): readonly NeededRun[] {
  const places = Object.fromEntries(table.columns.map(({ data }) => [data, `/${data}`]));
  const { runs, cells } = planTable(table, { scale, seeds: [0], places });
  expect(cells.length).toBeGreaterThan(0);
  return runs;
}

async function compose({ preset, scale, settings }: NeededRun, name: string): Promise<void> {
  const set = Object.entries(settings).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const chosen = await chooseRun({ preset, scale, set }, environment);
  expect(() => checkRun(chosen), name).not.toThrow();
}
