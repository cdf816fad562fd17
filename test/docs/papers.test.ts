import { describe, expect, test } from "vitest";
import { readDocument } from "./blocks.js";
import { presetsWithTables, readReproduced, withTables } from "./paper-tables.js";

const found = readReproduced();

test.each(presetsWithTables)(
  "the page of $name has its published tables, and what they came to here: npm run papers",
  (preset) => {
    const page = readDocument(`docs/papers/${preset.name}.md`);
    expect(page).toBe(withTables(page, preset, found));
  },
);

describe.each([...found])("%s", (file, one) => {
  const table = presetsWithTables
    .find(({ name }) => name === one.preset)
    ?.tables?.find(({ name }) => name === one.table);

  test("is of a table that there is, and named after it", () => {
    expect(table).toBeDefined();
    expect(file).toBe(`${one.preset}-${one.table}.json`);
  });

  test("has the figures that were published, and gains and verdicts by them", () => {
    for (const { row, column, published } of one.cells) {
      const own = table?.rows.find(({ name }) => name === row);
      expect(own, row).toBeDefined();
      expect(published, `${row}, ${column}`).toBe(own?.published[column] ?? null);
    }
  });

  test("has no path of the machine that made it", () => {
    expect(JSON.stringify(one)).not.toMatch(/"[^"]*(\/|\\\\)(tmp|home|work|Users|root)\b/);
  });
});
