import { describe, expect, test } from "vitest";
import { asPage, notesOf, type PublishedTable, planTable, tableOutcome } from "../../../core/index.js";

const table: PublishedTable = {
  name: "fig7",
  title: "a scan",
  columns: [{ name: "cars", title: "Cars", data: "cars" }],
  rows: [0, 1, 10].map((weight) => ({
    ...{ name: `beta-${weight}`, title: `β = ${weight}`, published: {} },
    made: { preset: "toy", settings: { weight } },
  })),
  scans: [{ title: "β", rows: ["beta-0", "beta-1", "beta-10"], best: "beta-10" }],
};

function outcome(accuracies: readonly (number | undefined)[], images = 1000) {
  const plan = planTable(table, { scale: "demo", seeds: [0], places: {} });
  return tableOutcome(table, plan, [0], ({ row }) => {
    const accuracy = accuracies[table.rows.indexOf(row)];
    return accuracy === undefined ? undefined : { accuracy, images };
  });
}
const told = (accuracies: readonly (number | undefined)[], images?: number) =>
  notesOf(outcome(accuracies, images)).find((note) => note.startsWith("β,"));

describe("of rows that differ in one number", () => {
  test("the one that was published as the best is reproduced where it is ahead of the next beyond chance", () => {
    expect(told([40, 50, 70])).toMatch(
      /reproduced: best as published β = 10, best here β = 10, \+20\.0 ± 4\.\d points ahead of β = 1$/,
    );
  });

  test("it is not reproduced where another is ahead of it beyond chance", () => {
    expect(told([40, 70, 50])).toMatch(/: not reproduced: .* best here β = 1, \+20\.0 ± 4\.\d points ahead of β = 10$/);
  });

  test("within chance nobody can tell", () => {
    expect(told([40, 52, 50])).toMatch(/: too few images or seeds: .* best here β = 1, \+2\.0 ± /);
    expect(told([40, 50, 70], 20)).toMatch(/: too few images or seeds/);
  });

  test("nothing is said where the published best was not made, or nothing else", () => {
    expect(told([40, 50, undefined])).toBeUndefined();
    expect(told([undefined, undefined, 70])).toBeUndefined();
  });

  test("accuracies and intervals are drawn on the page", async () => {
    const page = await asPage(outcome([40, 50, 70]));
    expect(page).toMatch(/<svg role="img" aria-label="accuracy by β: β = 0 40\.0 %; β = 1 50\.0 %; β = 10 70\.0 %"/);
    expect(page.match(/mark-symbol.*?<\/g>/s)?.[0].match(/<path/g)).toHaveLength(3);
    expect(await asPage(outcome([40, undefined, undefined]))).not.toContain("<svg");
  });
});
