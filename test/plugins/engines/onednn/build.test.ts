import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { createBuildPlace } from "../../../support/fake-compiler.js";

const run = promisify(execFile);
const root = new URL("../../../..", import.meta.url).pathname;

const createPlace = (compiler: string) => createBuildPlace("plugins/engines/onednn", compiler);

const works = 'touch "$out"';
const headless = 'echo "fatal error: dnnl.hpp: No such file or directory" >&2; exit 1';
const failsOnOneFile = `case "$*" in *matmul.cc*) echo "internal compiler error" >&2; exit 1;; esac; ${works}`;

describe("building the native engine", () => {
  test("compiles every source, the loops once per instruction set, and then has nothing to do", async () => {
    const { place, build, calls } = await createPlace(works);
    expect(await build()).toEqual({ code: 0, lines: ["onednn engine: built"] });
    const first = await calls();
    expect(first.filter((call) => call.includes("loops/binary.cc")).length).toBe(process.arch === "x64" ? 3 : 1);
    expect(first.filter((call) => call.includes("loops/attention_bf16.cc")).length).toBe(
      process.arch === "x64" ? 4 : 1,
    );
    expect(first.at(-1)).toContain("-shared");
    expect(await build()).toEqual({ code: 0, lines: ["onednn engine: up to date"] });
    expect(await calls()).toEqual(first);
    await writeFile(join(place, "plugins/engines/onednn/native/matmul.cc"), "// changed\n");
    await build();
    // The probe, the file that changed, and the linker.
    expect((await calls()).length).toBe(first.length + 3);
  });

  test("uses no instruction that the building machine has and others have not", async () => {
    const { build, calls } = await createPlace(works);
    await build();
    expect((await calls()).join("\n")).not.toMatch(/-march=native|-mtune=native/);
  });

  test.each([
    ["headers are missing", headless, "oneDNN's headers are missing"],
    ["one file does not compile", failsOnOneFile, "the compiler failed on matmul.cc"],
  ])("says in one line what to install when %s, and does not fail the install", async (_case, compiler, reason) => {
    const { place, build } = await createPlace(compiler);
    const { code, lines } = await build();
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(reason);
    expect(lines[0]).toContain("wasm takes over");
    if (process.platform === "linux") expect(lines[0]).toContain("apt-get install libdnnl-dev g++");
    expect(lines[0]).toContain("npx fgkd build-engine onednn");
    expect((await readFile(join(place, "build/onednn.log"), "utf8")).split("\n")[0]).toBe(reason);
  });

  test("fails when that is asked for, as in continuous integration", async () => {
    const { build } = await createPlace(headless);
    expect((await build("--strict")).code).toBe(1);
  });
});

describe("the npm package", () => {
  test("holds what a stranger's machine needs to build the engine", async () => {
    const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
    const [packed] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toContain("plugins/native/build.mjs");
    expect(paths).toContain("plugins/engines/onednn/build.mjs");
    expect(paths).toContain("plugins/data/images/build.mjs");
    expect(paths).toContain("plugins/data/images/native/jpeg.cc");
    expect(paths).toContain("plugins/engines/onednn/native/addon.cc");
    expect(paths).toContain("plugins/engines/onednn/native/loops/binary.cc");
    expect(paths.filter((path) => path.startsWith("build/"))).toEqual([]);
  });
});
