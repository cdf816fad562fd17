import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPlugins } from "../../../core/cli/load-plugins.js";
import { loadPreset } from "../../../core/cli/load-preset.js";
import { createModules, packageNames } from "../../../core/cli/modules.js";
import { flattenPlugins } from "../../../core/index.js";
import { createWorld, type World } from "./world.js";

async function put(world: World, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(world.cwd, path)), { recursive: true });
  await writeFile(join(world.cwd, path), text);
}

async function putPackage(world: World, name: string, text: string): Promise<void> {
  // Only "import" is exported: such a package cannot be found by require.resolve.
  const about = { name, type: "module", exports: { ".": { import: "./index.js" } } };
  await put(world, `node_modules/${name}/package.json`, JSON.stringify(about));
  await put(world, `node_modules/${name}/index.js`, text);
}

const preset = (name: string) =>
  `export const it = { name: "${name}", summary: "", plugins: [], stages: { a: { trains: "a" } }, defaults: {} };`;

describe("the names of packages", () => {
  test.each([
    ["birds", "fgkd-preset-birds"],
    ["@ann/birds", "@ann/fgkd-preset-birds"],
    ["fgkd-preset-birds", "fgkd-preset-birds"],
    ["@ann/fgkd-preset-birds", "@ann/fgkd-preset-birds"],
  ])("%s stands for %s", (short, full) => expect(packageNames("preset", short)).toEqual([full]));
});

describe("a preset's name", () => {
  test("finds fgkd's own first", async () => {
    const world = await createWorld();
    await putPackage(world, "fgkd-preset-toy", preset("another"));
    expect((await loadPreset("toy", createModules(world.environment), world.environment)).name).toBe("toy");
  });

  test.each([
    ["birds", "fgkd-preset-birds"],
    ["@ann/birds", "@ann/fgkd-preset-birds"],
  ])("%s finds the package %s of the user's project", async (name, packageName) => {
    const world = await createWorld();
    await putPackage(world, packageName, preset("from-a-package"));
    expect((await loadPreset(name, createModules(world.environment), world.environment)).name).toBe("from-a-package");
  });

  test("finds a TypeScript file, which shares this process's fgkd", async () => {
    const world = await createWorld();
    const text = `import { definePreset, FgkdError } from "fgkd";
      export const mine = definePreset({ name: FgkdError.name as string, summary: "", plugins: [], stages: {}, defaults: {} });`;
    await put(world, "presets/mine.ts", text);
    const found = await loadPreset("./presets/mine.ts", createModules(world.environment), world.environment);
    expect(found.name).toBe("FgkdError");
  });

  test("is refused with the nearest known one", async () => {
    const world = await createWorld();
    const loading = loadPreset("tpy", createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow('no preset is registered as "tpy". Registered: toy. Did you mean "toy"?');
  });

  test("a package without a preset is named", async () => {
    const world = await createWorld();
    await putPackage(world, "fgkd-preset-empty", "export const nothing = 1;");
    const loading = loadPreset("empty", createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow('FGKD_LOAD_FAILED preset "fgkd-preset-empty" could not be loaded');
  });

  test("a package that throws is named, with its message", async () => {
    const world = await createWorld();
    await putPackage(world, "fgkd-preset-broken", 'throw new Error("out of ink");');
    const loading = loadPreset("broken", createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow("out of ink");
  });
});

describe("plugins by name", () => {
  test("come from packages and files, beside those given as they are", async () => {
    const world = await createWorld();
    await putPackage(world, "fgkd-plugin-loud", 'export const loud = () => ({ name: "loud", apply() {} });');
    await put(
      world,
      "quiet.ts",
      'import { definePlugin } from "fgkd"; export const quiet = definePlugin({ name: "quiet", defaults: {}, apply() {} });',
    );
    const given = { name: "given", apply: () => {} };
    const loaded = await loadPlugins(
      ["loud", "./quiet.ts", given],
      createModules(world.environment),
      world.environment,
    );
    expect(flattenPlugins(loaded).map(({ name }) => name)).toEqual(["loud", "quiet", "given"]);
  });

  test("that are not installed are refused with the command that installs them", async () => {
    const world = await createWorld();
    const loading = loadPlugins(["@ann/loud"], createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow("npm install @ann/fgkd-plugin-loud");
  });
});
