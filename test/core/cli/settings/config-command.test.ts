import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Setting } from "../../../../core/cli/settings/config-command.js";
import { createWorld, type World } from "../world.js";

async function settings(world: World, line: string): Promise<ReadonlyMap<string, Setting>> {
  const code = await world.fgkd(`config --json ${line}`);
  expect(world.err).toBe("");
  expect(code).toBe(0);
  return new Map((JSON.parse(world.out) as Setting[]).map((setting) => [setting.path, setting]));
}

const config = (world: World, name: string, text: string) => writeFile(join(world.cwd, name), text);

describe("fgkd config", () => {
  test("tells every value with its origin", async () => {
    const world = await createWorld();
    const found = await settings(world, "--preset toy --seed 7 --set optimizer.learningRate=0.5");
    expect(found.get("input.crop")).toEqual({ path: "input.crop", value: 448, origin: "default" });
    expect(found.get("epochs")).toMatchObject({ value: 3, origin: "preset toy" });
    expect(found.get("batchSize")).toMatchObject({ value: 3, origin: "preset toy (demo)" });
    expect(found.get("seed")).toMatchObject({ value: 7, origin: "--seed" });
    expect(found.get("optimizer.learningRate")).toMatchObject({ value: 0.5, origin: "--set optimizer.learningRate" });
    expect(found.get("stages.student.epochs")).toMatchObject({ value: 2, origin: "preset toy" });
    expect(found.get("stages.student.options.toy-loss.weight")).toMatchObject({ value: 0.5 });
    expect(found.has("stages.teacher.epochs")).toBe(false);
  });

  test("takes several settings after one --set, as programs that choose them say them", async () => {
    const world = await createWorld();
    const found = await settings(
      world,
      "--preset toy --set seed=3 optimizer.learningRate=0.5 --epochs 20 --set batchSize=2",
    );
    const values = ["seed", "optimizer.learningRate", "epochs", "batchSize"].map((path) => found.get(path)?.value);
    expect(values).toEqual([3, 0.5, 20, 2]);
  });

  test("lets a later layer count more: file, then options, then --set", async () => {
    const world = await createWorld();
    await config(world, "fgkd.config.json", '{ "preset": "toy", "epochs": 10, "seed": 1, "batchSize": 2 }');
    const found = await settings(world, "--epochs 20 --seed 2 --set seed=3");
    expect(found.get("batchSize")).toMatchObject({ value: 2, origin: "fgkd.config.json" });
    expect(found.get("epochs")).toMatchObject({ value: 20, origin: "--epochs" });
    expect(found.get("seed")).toMatchObject({ value: 3, origin: "--set seed" });
    expect(found.has("stages.student.epochs")).toBe(false);
  });

  test.each([
    [
      "fgkd.config.ts",
      'import { defineConfig } from "fgkd"; const epochs: number = 9; export default defineConfig({ preset: "toy", epochs });',
    ],
    ["fgkd.config.mjs", 'export default { preset: "toy", epochs: 9 };'],
    ["fgkd.config.js", 'export default { preset: "toy", epochs: 9 };'],
    ["fgkd.config.json", '{ "preset": "toy", "epochs": 9 }'],
    ["fgkd.config.yaml", "preset: toy\nepochs: 9\n"],
    ["package.json", '{ "fgkd": { "preset": "toy", "epochs": 9 } }'],
  ])("reads %s", async (name, text) => {
    const world = await createWorld();
    await config(world, name, text);
    expect((await settings(world, "")).get("epochs")).toMatchObject({ value: 9, origin: name });
  });

  test("reads the file that --config names, and no other", async () => {
    const world = await createWorld();
    await config(world, "fgkd.config.json", '{ "epochs": 9 }');
    await config(world, "mine.yaml", "epochs: 8");
    const found = await settings(world, "--preset toy --config mine.yaml");
    expect(found.get("epochs")).toMatchObject({ value: 8, origin: "mine.yaml" });
  });

  test("reads a file's paths from where the file lies", async () => {
    const world = await createWorld();
    await mkdir(join(world.cwd, "sub"));
    const text = "data: { name: folder, path: photos }\nmodels: { teacher: { weights: t.safetensors } }\n";
    await config(world, "sub/mine.yaml", text);
    const found = await settings(world, "--preset toy --config sub/mine.yaml");
    expect(found.get("data.path")?.value).toBe(join(world.cwd, "sub", "photos"));
    expect(found.get("models.teacher.weights")?.value).toBe(join(world.cwd, "sub", "t.safetensors"));
    expect(found.get("batchSize")).toMatchObject({ value: 4, origin: "preset toy" });
  });

  test("takes the paper's scale with --data, the demo's when asked", async () => {
    const paper = await settings(await createWorld(), "--preset toy --data photos");
    expect(paper.get("batchSize")).toMatchObject({ value: 4 });
    expect(paper.get("data.name")).toMatchObject({ value: "folder", origin: "--data" });
    const demo = await settings(
      await createWorld(),
      "--preset toy --data photos --scale demo --workers 2 --on-bad-image skip",
    );
    expect(demo.get("batchSize")).toMatchObject({ value: 3 });
    expect(demo.get("data.workers")).toMatchObject({ value: 2, origin: "--workers" });
    expect(demo.get("data.onBadImage")).toMatchObject({ value: "skip", origin: "--on-bad-image" });
    expect(demo.get("data.path")?.value).toMatch(/photos$/);
  });

  test("--teacher loads the weights and passes the teacher's stage over", async () => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "teacher.safetensors"), "");
    const found = await settings(world, "--preset toy --teacher teacher.safetensors");
    expect(found.get("models.teacher.weights")?.value).toMatch(/teacher\.safetensors$/);
    expect(found.get("stages.teacher.enabled")).toMatchObject({ value: false, origin: "--teacher" });
  });

  test("shows a table that fits people", async () => {
    const world = await createWorld();
    await world.fgkd("config --preset toy");
    expect(world.out).toMatch(/^preset toy at demo scale/);
    expect(world.out).toMatch(/^setting +value +from$/m);
    expect(world.out).toMatch(/^batchSize +3 +preset \(demo\)$/m);
  });

  test.each([
    [
      "an unknown key of the file",
      '{ "preset": "toy", "epoch": 3 }',
      "",
      'has no option "epoch"',
      'Did you mean "epochs"?',
    ],
    [
      "an unknown key of --set",
      "{}",
      "--preset toy --set optimzer.name=sgd",
      'has no option "optimzer"',
      'Did you mean "optimizer"?',
    ],
    [
      "an unknown stage",
      "{}",
      "--preset toy --set stages.studnet.epochs=1",
      'no stage is registered as "studnet"',
      'Did you mean "student"?',
    ],
    ["a value of the wrong kind", "{}", "--preset toy --set epochs=many", 'epochs is "many"', "--set epochs"],
    ["a file that is no JSON", "{ epochs", "", "FGKD_LOAD_FAILED config file", "fgkd.config.json"],
    ["a file that is a list", "[1]", "", "does not hold an object", "fgkd.config.json"],
    ["no preset at all", "{}", "", "no preset is given", "--preset dadkd"],
    ["a config file that is not there", "{}", "--config other.json", "FGKD_PATH other.json", "no such config file"],
  ])("refuses %s", async (_, file, line, ...messages) => {
    const world = await createWorld();
    await config(world, "fgkd.config.json", file);
    expect(await world.fgkd(`config ${line}`)).toBe(1);
    for (const message of messages) expect(world.err).toContain(message);
    expect(world.err).not.toContain("    at ");
  });
});

describe("a config file from a stranger", () => {
  const laughs = `data: &a [x, x, x, x, x, x, x, x, x, x]\n${"bcdefghij".replaceAll(/./g, (name, at: number) => `${name}_: &${name} [${Array(10).fill(`*${"abcdefghi"[at]}`).join(", ")}]\n`)}`;

  test.each([
    ["fgkd.config.json", '{ "__proto__": { "epochs": 3 } }', 'it has a key "__proto__"'],
    ["fgkd.config.json", '{ "preset": "toy", "input": { "__proto__": { "crop": 3 } } }', 'input has a key "__proto__"'],
    ["fgkd.config.yaml", "preset: toy\n__proto__:\n  epochs: 3\n", 'it has a key "__proto__"'],
    ["fgkd.config.yaml", `preset: toy\n${laughs}`, "one of more than 100000 values"],
    ["fgkd.config.yaml", "preset: toy\nepochs: 2026-01-01\n", "epochs is no plain object"],
    ["fgkd.config.yaml", "preset: !!js/function 'function () {}'\n", "FGKD_LOAD_FAILED"],
    ["fgkd.config.json", `{ "data": ${"[".repeat(1e5)}${"]".repeat(1e5)} }`, "levels deep"],
    ["fgkd.config.json", `{ "data": ${"[".repeat(4e5)}`, "FGKD_LOAD_FAILED"],
    ["fgkd.config.json", `"${"x".repeat(2 ** 20)}"`, "too much for settings"],
    ["fgkd.config.json", '{ "preset": 5 }', "preset is neither a name nor a preset"],
    ["fgkd.config.json", '{ "preset": { "name": "x" } }', "FGKD_INVALID_CONFIG preset x: it has no stages"],
    ["fgkd.config.json", '{ "preset": "toy", "plugins": "loud" }', "plugins is no list"],
    ["fgkd.config.json", '{ "preset": "toy", "plugins": [3] }', "plugins: 3 is no plugin"],
    ["fgkd.config.json", '{ "preset": "toy", "plugins": ["../\\u0000x"] }', "no plugin is found"],
    ["fgkd.config.json", '{ "preset": "toy\\u0000" }', "no preset is registered"],
    ["fgkd.config.json", '{ "preset": "toy", "models": { "../../x": {} } }', "FGKD_INVALID_NAME"],
    ["fgkd.config.mjs", "export default { preset: 'toy', epochs: () => 3 };", "epochs is a function"],
    ["fgkd.config.mjs", "export default await new Promise((_, no) => no(null));", "could not be loaded: null"],
    ["package.json", '{ "fgkd": [1] }', "it does not hold an object of settings"],
  ])("is refused in a paragraph: %s %#", async (name, text, message) => {
    const world = await createWorld();
    await config(world, name, text);
    const before = Object.getOwnPropertyNames(Object.prototype);
    expect(await world.fgkd("config")).not.toBe(0);
    expect(world.err).toContain(message);
    expect(world.err).toMatch(/^FGKD_/);
    expect(world.err.length).toBeLessThan(1000);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  test("is refused when it is no file at all", async () => {
    const world = await createWorld();
    await mkdir(join(world.cwd, "folder.json"));
    expect(await world.fgkd("config --config folder.json --preset toy")).not.toBe(0);
    expect(world.err).toMatch(/^FGKD_/);
  });
});
