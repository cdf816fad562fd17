import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { withAbsolutePaths } from "../../../../core/cli/settings/absolute-paths.js";
import { chooseRun } from "../../../../core/cli/train/choose-run.js";
import { configurePreset, type Preset, presetLayers, resolveConfig } from "../../../../core/index.js";
import { createWorld, type World } from "../world.js";

async function write(world: World, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(world.cwd, path)), { recursive: true });
  await writeFile(join(world.cwd, path), text);
}

/** The run's settings, as they would be resolved now. */
async function settings(world: World, given: Parameters<typeof chooseRun>[0]) {
  const { preset, layers } = await chooseRun(given, world.environment);
  return resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]).run;
}

describe("a path in settings", () => {
  test.each([
    [{ models: { student: { weights: "w.safetensors" } } }, { models: { student: { weights: "/at/w.safetensors" } } }],
    [{ data: { path: "../birds" } }, { data: { path: "/birds" } }],
    [{ stages: { a: { data: { path: "birds" } } } }, { stages: { a: { data: { path: "/at/birds" } } } }],
    [{ data: { name: "mine", paths: ["a", "/b"] } }, { data: { name: "mine", paths: ["/at/a", "/b"] } }],
    [{ options: { judge: { labelPath: "l.csv" } } }, { options: { judge: { labelPath: "/at/l.csv" } } }],
    [{ losses: [{ name: "mine", table: "./t.json" }] }, { losses: [{ name: "mine", table: "/at/t.json" }] }],
  ])("of %j is meant from where it was written", (given, absolute) =>
    expect(withAbsolutePaths(given, "/at")).toEqual(absolute),
  );

  test.each([
    { models: { student: { weights: "hf://timm/resnet50" } } },
    { data: { path: "https://example.org/birds" } },
    { data: { path: "" } },
    { evaluation: { weights: "ema" } },
    { optimizer: { name: "sgd", schedule: { name: "cosine" } } },
    { models: { student: { weights: null, backbone: { name: "resnet18" } } } },
    { options: { judge: { paths: 3, weights: [0.5, 0.5] } } },
  ])("is none in %j", (given) => expect(withAbsolutePaths(given, "/at")).toEqual(given));

  test("means the same as an option, in --set, and in a configuration file that lies elsewhere", async () => {
    const world = await createWorld();
    await write(world, "sub/fgkd.yaml", "models: { teacher: { weights: t.safetensors } }");
    const set = ["models.student.weights=w.safetensors", "stages.student.data.path=birds"];
    const { models } = await settings(world, { preset: "toy", config: "sub/fgkd.yaml", set: set.slice(0, 1) });
    expect(models.student?.weights).toBe(join(world.cwd, "w.safetensors"));
    expect(models.teacher?.weights).toBe(join(world.cwd, "sub/t.safetensors"));
  });

  test("of a written preset is meant from its file, and so are the plugins that it names", async () => {
    const world = await createWorld();
    await write(world, "sub/none.mjs", 'export const none = { name: "none", apply() {} };');
    const preset = `
      stages: { student: { trains: student, plugins: [none.mjs], settings: { data: { name: toy-points, path: here } } } }
      defaults: { models: { student: { backbone: { name: toy-linear }, weights: w.safetensors } } }`;
    await write(world, "sub/method.yaml", `preset: ${preset}`);
    const chosen = await chooseRun({ preset: "sub/method.yaml" }, world.environment);
    expect(chosen.preset.defaults.models?.student?.weights).toBe(join(world.cwd, "sub/w.safetensors"));
    expect(chosen.preset.stages.student?.settings?.data).toEqual({
      name: "toy-points",
      path: join(world.cwd, "sub/here"),
    });
    expect(chosen.request.written).toMatchObject({
      name: "method",
      stages: { student: { plugins: [join(world.cwd, "sub/none.mjs")] } },
    });
  });

  test("of a preset in code is meant from where the run began, with its options too", async () => {
    const world = await createWorld();
    await write(
      world,
      "mine.ts",
      `import { definePresetWithOptions } from "fgkd";
      export const mine = definePresetWithOptions({ name: "mine", summary: "", defaults: { depth: 1 }, create: () => ({
        plugins: [], stages: { a: { trains: "student" } }, defaults: { models: { student: { weights: "w.safetensors" } } } }) });`,
    );
    const { preset } = await chooseRun({ preset: "./mine.ts", set: ["options.mine.depth=2"] }, world.environment);
    const again: Preset = configurePreset(preset, []);
    for (const one of [preset, again])
      expect(one.defaults.models?.student?.weights).toBe(join(world.cwd, "w.safetensors"));
  });
});

describe("a plugin that a configuration file names by its file", () => {
  const plugin = (name: string) => `export const it = { name: "${name}", apply() {} };`;

  test("is looked for beside that file, and for one version in the working directory, with a line", async () => {
    const world = await createWorld();
    await write(world, "sub/fgkd.json", JSON.stringify({ plugins: ["./near.mjs", "./far.mjs"] }));
    await write(world, "sub/near.mjs", plugin("near"));
    await write(world, "near.mjs", plugin("wrong"));
    await write(world, "far.mjs", plugin("far"));
    const { request } = await chooseRun({ preset: "toy", config: "sub/fgkd.json" }, world.environment);
    expect(request.plugins).toEqual([join(world.cwd, "sub/near.mjs"), join(world.cwd, "far.mjs")]);
    expect(world.err).toBe(
      'warning sub/fgkd.json: "./far.mjs" is meant from where that file lies now; the working directory counts until the next version.\n',
    );
  });
});

describe("a configuration file of data", () => {
  test("imports no code, whatever it says", async () => {
    const world = await createWorld();
    await write(
      world,
      "evil.mjs",
      `import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(join(world.cwd, "ran"))}, "");`,
    );
    await write(world, "fgkd.config.yaml", "$import: ./evil.mjs");
    await write(world, ".config/config.mjs", await readFile(join(world.cwd, "evil.mjs"), "utf8"));
    expect(await world.fgkd("config --preset toy")).toBe(1);
    expect(world.err).toContain('has no option "$import"');
    await expect(readFile(join(world.cwd, "ran"))).rejects.toThrow("ENOENT");
  });
});
