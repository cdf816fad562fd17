import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { allCases } from "../../support/cases.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** As test/vitest.config.ts chooses them. */
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !/^(slow|conformance|kill)\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

describe("property tests of what strangers hand in", () => {
  test("take ten thousand cases and more, in the tests that every change passes", () => {
    const total = Object.values(allCases).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(10_000);
    // What the page says.
    const page = readFileSync(join(root, "../docs/reference/resume.md"), "utf8");
    expect(page).toContain(`${total.toLocaleString("en")} generated cases`);
  });

  test.each(Object.keys(allCases))("%s: its count is that of one test", (name) => {
    const users = files.filter(({ text }) => text.includes(`cases("${name}")`));
    expect(users).toHaveLength(1);
  });

  test("take their counts from nowhere else", () => {
    const own = files.filter(({ text }) => text.includes("fast-check") && /numRuns: \d/.test(text));
    expect(own.map(({ file }) => file)).toEqual([]);
  });
});
