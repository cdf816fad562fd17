import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPlugins } from "../../../../core/cli/project/load-plugins.js";
import { createModules, packageNames } from "../../../../core/cli/project/modules.js";
import { loadPreset } from "../../../../core/cli/settings/load-preset.js";
import { FgkdError, flattenPlugins } from "../../../../core/index.js";
import { createWorld, type World } from "../world.js";

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
    ["fgkd-preset-birds/small", "fgkd-preset-birds/small"],
    ["birds..small", "fgkd-preset-birds..small"],
  ])("%s stands for %s", (short, full) => expect(packageNames("preset", short)).toEqual([full]));

  test.each([
    "../../evil",
    "birds/../../evil",
    "@ann/../../evil",
    "@../evil",
    "fgkd-preset-../../evil",
    "fgkd-preset-birds/../../evil",
    "fgkd-preset-birds/./small",
    "birds%2f..%2fevil",
    "birds\\..\\evil",
    "data:text/javascript,1",
    "birds/",
  ])("never are what would lead out of node_modules: %j", (name) => {
    expect(packageNames("preset", name)).toEqual([]);
    expect(packageNames("plugin", name.replaceAll("preset", "plugin"))).toEqual([]);
  });
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
      export const mine = definePreset({ name: FgkdError.name as string, summary: "", plugins: [], stages: { a: { trains: "a" } }, defaults: {} });`;
    await put(world, "presets/mine.ts", text);
    const found = await loadPreset("./presets/mine.ts", createModules(world.environment), world.environment);
    expect(found.name).toBe("FgkdError");
  });

  test("is refused with the nearest known one", async () => {
    const world = await createWorld();
    const loading = loadPreset("tpy", createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow('no preset is registered as "tpy". Registered: toy. Did you mean "toy"?');
  });

  test.each(["../../evil", "@ann/../../evil", "fgkd-preset-../../evil", "birds/../../../evil"])(
    "never leaves node_modules: %s",
    async (name) => {
      const world = await createWorld();
      for (const place of ["evil.js", "evil/index.js", "node_modules/evil.js", "node_modules/@ann/evil.js"])
        await put(world, place, 'throw new Error("it ran");');
      for (const folder of ["fgkd-preset-..", "fgkd-preset-", "@ann", "fgkd-preset-birds"])
        await put(world, `node_modules/${folder}/package.json`, '{"type":"module"}');
      const modules = createModules(world.environment);
      await expect(loadPreset(name, modules, world.environment)).rejects.toThrow(/no preset is (found|registered)/);
      const plugin = name.replace("preset", "plugin");
      await expect(loadPlugins([plugin], modules, world.environment)).rejects.toThrow("no plugin is found");
      expect(modules.loaded).toEqual([]);
    },
  );

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

describe("a file that is not what it should be", () => {
  test.each([
    ["throws no error but a text", 'throw "out of ink";', "out of ink"],
    ["throws what is no text either", "throw Object.create(null);", "it threw an object that says nothing"],
    ["awaits for ever", "await new Promise(() => {}); export const a = 1;", "has not come to its end after 0.3 s"],
    ["exports null", "export default null;", "it exports no preset"],
    [
      "exports a preset without defaults",
      preset("bare").replace("defaults: {}", "_: {}"),
      "preset bare: it has no defaults",
    ],
    [
      "exports a path for a stage",
      preset("dots").replace("{ a:", '{ "../a":'),
      'the stage "../a" has other characters',
    ],
    ["is no JavaScript", "export const a = ;", "could not be loaded"],
  ])("is named when it %s", async (_, text, message) => {
    const world = await createWorld();
    await put(world, "mine.mjs", text);
    const loading = loadPreset("./mine.mjs", createModules(world.environment, 0.3), world.environment);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(FgkdError);
  });

  test("is named too when it should hold a plugin", async () => {
    const world = await createWorld();
    const load = async (text: string) => {
      const name = `./${text.length}.mjs`;
      await put(world, name, text);
      return loadPlugins([name], createModules(world.environment, 0.3), world.environment);
    };
    await expect(load('export const it = () => { throw new Error("no ink"); };')).rejects.toThrow("no ink");
    await expect(load("export const it = async () => ({ name: 'late', apply() {} });")).rejects.toThrow(
      "exports no plugin",
    );
    await expect(load("export default null;")).rejects.toThrow("exports no plugin");
    await expect(load("await new Promise(() => {});")).rejects.toThrow("has not come to its end");
  });
});

describe("a preset that is not there", () => {
  const load = async (name: string) => {
    const world = await createWorld();
    return loadPreset(name, createModules(world.environment), world.environment);
  };

  test.each([
    ["birds", "npm install fgkd-preset-birds."],
    ["@ann/birds", "npm install @ann/fgkd-preset-birds."],
    [
      "toi",
      'Did you mean "toy"? If it comes from a package, install that in this project: npm install fgkd-preset-toi.',
    ],
  ])("%s is refused with the command that installs its package", async (name, command) => {
    await expect(load(name)).rejects.toThrow(command);
  });

  test("is refused with the nearest package that the project has", async () => {
    const world = await createWorld();
    await putPackage(world, "fgkd-preset-birds", "");
    const loading = loadPreset("brds", createModules(world.environment), world.environment);
    await expect(loading).rejects.toThrow(
      /Did you mean "birds"\? If it comes from a package, .*npm install fgkd-preset-brds/,
    );
  });

  test.each(["./mine.ts", "presets/mine.mjs", "mine.yaml", "/nowhere/mine.js"])(
    "%s is a missing file",
    async (name) => {
      await expect(load(name)).rejects.toThrow(`FGKD_PATH ${name}: no preset is found: there is no such file.`);
    },
  );
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

  test.each([
    ["fgkd-plugin-fcal", "focal"],
    ["fcal", "focal"],
    ["@ann/lod", "@ann/loud"],
    ["wing", "wings"],
    ["fgkd-plugin-whatever", undefined],
    // What is listed and not there is to be installed.
    ["wings", undefined],
  ])("that are mistyped are refused with the nearest that the project has: %s", async (name, nearest) => {
    const world = await createWorld();
    for (const known of ["fgkd-plugin-focal", "@ann/fgkd-plugin-loud"]) await putPackage(world, known, "");
    await put(world, "package.json", '{ "devDependencies": { "fgkd-plugin-wings": "1", "fcal": "1" } }');
    const failure = await loadPlugins([name], createModules(world.environment), world.environment).then(
      () => "loaded",
      (error: Error) => error.message,
    );
    expect(failure).toContain("npm install ");
    expect(/Did you mean "(.*)"\? If not: /.exec(failure)?.[1]).toBe(nearest);
  });

  test("that are paths where nothing is are no packages", async () => {
    const world = await createWorld();
    const load = (name: string) => loadPlugins([name], createModules(world.environment), world.environment);
    for (const name of ["./loud.ts", "plugins/loud.js", join(world.cwd, "loud.mjs")])
      await expect(load(name)).rejects.toThrow(`FGKD_PATH ${name}: no plugin is found: there is no such file.`);
  });
});
