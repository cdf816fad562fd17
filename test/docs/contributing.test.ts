import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDocument, root } from "./blocks.js";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** What npm calls by itself. */
const automatic = ["prepare", "postinstall"];

test("the contributor's guide has a row for every command", () => {
  const page = readDocument("docs/CONTRIBUTING.md");
  const rows = [...page.matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm)].map(([, name]) => name as string);
  const commands = Object.keys(scripts).filter((name) => !automatic.includes(name));
  expect(commands.filter((name) => !rows.includes(name))).toEqual([]);
});

test("the README leads to the guide for contributors and to the word on security", () => {
  expect(readDocument("README.md")).toContain("(docs/CONTRIBUTING.md)");
  expect(readDocument("README.md")).toContain("(docs/SECURITY.md)");
});
