import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Environment } from "../../../../core/cli/environment.js";
import { createModules } from "../../../../core/cli/project/modules.js";
import { loadConfig } from "../../../../core/cli/settings/load-config.js";

const cwd = mkdtempSync(join(tmpdir(), "fgkd-hostile-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

// Nothing else of it is asked for here.
const environment = { cwd, variables: {}, load: async () => ({}) } as unknown as Environment;

function load(file: string, text: string) {
  writeFileSync(join(cwd, file), text);
  return loadConfig(file, createModules(environment), environment);
}

describe("a file of settings", () => {
  const exit = process.exit;
  test.each([
    ["that ends the process", "process.exit(0); export default {};", "it calls process.exit(0)"],
    ["that ends it after a while", "await 0; process.exit(); export default {};", "it calls process.exit()"],
    ["that imports its end", 'import { exit } from "node:process"; exit(3); export default {};', "process.exit(3)"],
  ])("%s is named, and the process lives", async (name, text, words) => {
    const file = `${name.replaceAll(" ", "-")}.mjs`;
    const loading = load(file, text);
    await expect(loading).rejects.toThrow(`FGKD_LOAD_FAILED config file "${join(cwd, file)}" could not be loaded: `);
    await expect(loading).rejects.toThrow(words);
    expect(process.exit).toBe(exit);
  });

  const bomb = (key: string) =>
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
      .concat(Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`))
      .map((line) => `  ${line}`)
      .join("\n")
      .replace(/^/, `options:\n`)
      .concat(`\n${key}`);

  test.each([
    ["plugins", bomb("plugins: *a9")],
    ["a preset's plugins", bomb("preset: { name: x, plugins: *a9, stages: {} }")],
    ["a stage's plugins", bomb("preset: { name: x, stages: { a: { trains: b, plugins: *a9 } } }")],
    [
      "plugins alone",
      bomb("plugins: *a9")
        .replace("options:", "plugins:")
        .replace(/\nplugins: \*a9$/, ""),
    ],
  ])("whose aliases unfold without end in %s is refused at once", async (_, text) => {
    const started = performance.now();
    await expect(load("bomb.yaml", text)).rejects.toThrow("FGKD_INVALID_CONFIG bomb.yaml");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("whose list of plugins holds itself is refused", async () => {
    await expect(
      load("loop.mjs", "const plugins = []; plugins.push(plugins); export default { plugins };"),
    ).rejects.toThrow("plugins holds lists without end");
  });
});
