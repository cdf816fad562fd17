import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import {
  betweenRooms,
  circles,
  codeLines,
  lonelyFolders,
  looseFiles,
  readTree,
  roomsOf,
  type Tree,
  upward,
} from "../support/structure.js";
import { picture, withStructure } from "./picture.js";
import { rooms } from "./rooms.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const written: string[] = [];

/** A tree of these files, by path. */
function treeOf(files: Readonly<Record<string, string>>): Tree {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-structure-"));
  written.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readTree(folder);
}

afterEach(() => {
  for (const folder of written.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe("the structure, read from imports", () => {
  test.each([
    ["an import of values", 'import { b } from "../b/b.js";\nb();'],
    ["an import of types", 'import type { B } from "../b/b.js";\nexport const a: B = 1;'],
    ["an import over several lines", 'import {\n  b,\n} from "../b/b.js";\nb();'],
    ["a re-export", 'export * from "../b/b.js";'],
    ["a type in place", 'export const a: import("../b/b.js").B = 1;'],
    ["an import while running", 'export const a = await import("../b/b.js");'],
    ["a merged module", 'export {};\ndeclare module "../b/b.js" {}'],
  ])("%s is an arrow", (_, text) => {
    const { arrows } = treeOf({ "core/a/a.ts": text, "core/b/b.ts": "export type B = number;" });
    expect(arrows.map(({ from, to }) => [from, to])).toEqual([["core/a/a.ts", "core/b/b.ts"]]);
  });

  test("an import in a comment or a text is none", () => {
    const text = `// import "../b/b.js";\nexport const a = 'import "../b/b.js"';`;
    expect(treeOf({ "core/a/a.ts": text, "core/b/b.ts": "" }).arrows).toEqual([]);
  });

  test("an arrow knows its line", () => {
    const { arrows } = treeOf({ "core/a/a.ts": '/** A. */\n\nimport "../b/b.js";', "core/b/b.ts": "" });
    expect(arrows[0]?.line).toBe(3);
  });

  test("the package's own name leads to its face", () => {
    const { arrows } = treeOf({
      "package.json": '{ "name": "fgkd", "exports": { "./ops": { "default": "./dist/core/ops/index.js" } } }',
      "core/a.ts": 'import "fgkd/ops";',
      "core/ops/index.ts": "",
    });
    expect(arrows.map(({ to }) => to)).toEqual(["core/ops/index.ts"]);
  });

  test("a file that is not there is told", () => {
    expect(() => treeOf({ "core/a.ts": 'import "./b.js";' })).toThrow("core/a.ts:1 imports core/b.ts");
  });
});

describe("what the structure is asked", () => {
  const circular = () =>
    treeOf({
      "core/high/a.ts": 'import "../low/b.js";',
      "core/low/b.ts": 'import "./c.js";',
      "core/low/c.ts": 'import type { A } from "../high/a.js";\nexport type C = A;',
      "core/low/d.ts": 'import "./c.js";',
    });

  test("finds a circle that is closed by a type alone, and nobody beside it", () => {
    expect(circles(circular().arrows)).toEqual([["core/high/a.ts", "core/low/b.ts", "core/low/c.ts"]]);
  });

  test("finds a circle of rooms where no files form one", () => {
    const tree = treeOf({
      "core/a/1.ts": 'import "../b/1.js";',
      "core/a/2.ts": "",
      "core/b/1.ts": "",
      "core/b/2.ts": 'import "../a/2.js";',
    });
    expect(circles(tree.arrows)).toEqual([]);
    expect(circles(betweenRooms(tree.arrows))).toEqual([["core/a", "core/b"]]);
  });

  test("finds the arrow that points up", () => {
    const found = upward(circular().arrows, ["core/low", "core/high"]);
    expect(found).toEqual([{ from: "core/low/c.ts", to: "core/high/a.ts", line: 1 }]);
  });

  test("refuses a room without a place", () => {
    expect(() => upward(circular().arrows, ["core/low"])).toThrow('"core/high", which has no floor');
  });

  test("finds folders with one thing in them, however deep, and files beside the rooms", () => {
    const tree = treeOf({
      "core/index.ts": "",
      "core/loose.ts": "",
      "core/a/a.ts": "",
      "core/a/deep/b.ts": "",
      "plugins/index.ts": "",
      "plugins/data/x/1.ts": "",
      "plugins/data/x/2.ts": "",
    });
    expect(lonelyFolders(tree)).toEqual(["core/a/deep", "plugins/data"]);
    expect(looseFiles(tree)).toEqual(["core/loose.ts"]);
  });

  test("counts a room through all its folders", () => {
    const code = "export const a = 1;\n";
    const tree = treeOf({ "core/a/1.ts": code, "core/a/b/2.ts": code, "core/a/b/c/3.ts": `${code}${code}` });
    expect(roomsOf(tree)).toEqual([{ name: "core/a", files: 3, code: 4 }]);
  });

  test("counts no comments, imports, re-exports or blank lines", () => {
    const text =
      '/**\n * A.\n */\nimport {\n  b,\n} from "./b.js";\nexport * from "./c.js";\n\n// d\nexport const a = b;\n';
    expect(codeLines(text)).toBe(1);
  });
});

describe("the picture", () => {
  test("leaves out an arrow where a longer way leads there", () => {
    const drawn = picture(
      treeOf({
        "core/a/1.ts": 'import "../b/1.js";\nimport "../c/1.js";',
        "core/b/1.ts": 'import "../c/1.js";',
        "core/c/1.ts": "",
      }),
    );
    expect(drawn.match(/^ {2}\S+ --> \S+$/gm)).toEqual(["  core-a --> core-b", "  core-b --> core-c"]);
  });

  test("in docs/architecture.md is up to date: `npm run structure` writes it", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    const now = withStructure(page, readTree(root), rooms);
    const withoutSizes = (text: string) => text.replaceAll(/\| (?:under )?\d+ \|/g, "| |");
    expect(withoutSizes(page)).toBe(withoutSizes(now));
    // A size on the edge of two hundreds may be either.
    const sizes = (text: string) => [...text.matchAll(/\| (?:under )?(\d+) \|/g)].map(([, size]) => Number(size));
    for (const [index, size] of sizes(now).entries()) {
      expect(Math.abs((sizes(page)[index] as number) - size)).toBeLessThanOrEqual(100);
    }
  });
});
