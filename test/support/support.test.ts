import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { staleBuild } from "./build.js";
import { isHere } from "./required.js";

describe("a part that tests can do without", () => {
  test("is skipped when it lacks something, unless CI=true", () => {
    expect(isHere("the engine", null, { CI: "true" })).toBe(true);
    expect(isHere("the engine", "not built", {})).toBe(false);
    expect(() => isHere("the engine", "not built", { CI: "true" })).toThrow(
      "tests of the engine may not be skipped where CI=true: not built",
    );
  });
});

describe("a build", () => {
  let root = "";
  const write = (file: string, second: number) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
    utimesSync(join(root, file), second, second);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "fgkd-build-"));
    for (const file of ["core/cli/main", "plugins/losses/one", "presets/a"]) {
      write(`${file}.ts`, 100);
      write(`dist/${file}.js`, 200);
    }
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("is fresh when everything was compiled since it was written", () => {
    expect(staleBuild(root)).toBeNull();
  });

  test.each(["core/cli/main", "plugins/losses/one", "presets/a"])("is stale when %s was written since", (file) => {
    write(`${file}.ts`, 300);
    expect(staleBuild(root)).toBe(`dist/ is older than ${file}.ts: npm run build comes first`);
  });

  test("is stale when a source is new, or nothing was built", () => {
    write("plugins/losses/two.ts", 100);
    expect(staleBuild(root)).toContain("plugins/losses/two.ts");
    rmSync(join(root, "dist"), { recursive: true });
    expect(staleBuild(root)).toContain("and 3 more");
  });
});
