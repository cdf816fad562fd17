import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../../core/cli/program.js";
import { definePreset } from "../../../core/index.js";
import { toyLoss } from "../../support/toy.js";
import { createWorld, toyPreset, type World } from "./world.js";

async function write(world: World, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(world.cwd, path)), { recursive: true });
  await writeFile(join(world.cwd, path), text);
}

async function putPackage(world: World, name: string, version: string, text: string): Promise<void> {
  const about = { name, version, type: "module", exports: "./index.js" };
  await write(world, `node_modules/${name}/package.json`, JSON.stringify(about));
  await write(world, `node_modules/${name}/index.js`, text);
}

const loud = 'export const loud = () => ({ name: "loud", apply() {} });';

/** Two steps long. */
const short = definePreset({
  ...toyPreset,
  name: "short",
  stages: { student: { trains: "student", plugins: [toyLoss()] } },
  defaults: { ...toyPreset.defaults, epochs: 1, data: { name: "toy-points", train: 6 } },
});

/** A project whose first command is stopped after its first step. */
function project(): Promise<World> {
  return createWorld({ presets: [short], onLook: (look, world) => look === 2 && world.pressCtrlC() });
}

/** Runs a command line from another folder of the same world. */
async function elsewhere(world: World, line: string): Promise<number> {
  const cwd = join(world.cwd, "elsewhere");
  await mkdir(cwd, { recursive: true });
  return runProgram(line.split(" "), { ...world.environment, cwd });
}

const configOf = async (world: World) => JSON.parse(await readFile(join(world.cwd, "run/config.json"), "utf8"));

describe("a run needs nothing of its project but data and weights", () => {
  test("where its settings stood in a file of TypeScript, which is gone", async () => {
    const world = await project();
    await write(
      world,
      "fgkd.config.ts",
      'export default { preset: "short", epochs: 1, optimizer: { learningRate: 0.02 } };',
    );
    expect(await world.fgkd("train --quiet --out run"), world.err).toBe(130);
    await rm(join(world.cwd, "fgkd.config.ts"));
    expect(await elsewhere(world, "--resume ../run --quiet"), world.err).toBe(0);
    expect(await elsewhere(world, "eval ../run"), world.err).toBe(0);
    expect(world.err).toBe("");
  });

  test("where its method was written in a file of data, named without a path, which is gone", async () => {
    const world = await project();
    const stages = "{ student: { trains: student, settings: { epochs: 1 } } }";
    const defaults =
      "{ batchSize: 3, data: { name: toy-points }, models: { student: { backbone: { name: toy-linear } } }, optimizer: { name: still } }";
    await write(world, "plugins/still.mjs", still);
    await write(
      world,
      "method.yaml",
      `preset: { plugins: [plugins/still.mjs], stages: ${stages}, defaults: ${defaults} }`,
    );
    expect(await world.fgkd("--preset method.yaml --quiet --out run"), world.err).toBe(130);
    await rm(join(world.cwd, "method.yaml"));
    expect(await elsewhere(world, "--resume ../run --quiet"), world.err).toBe(0);
    expect(world.err).toBe(
      `loading the plugin ${join(world.cwd, "plugins/still.mjs")}, which ${join(world.cwd, "run")}/config.json names\n`,
    );
  });

  test("where its plugins are packages of the project, found from there", async () => {
    const world = await project();
    await putPackage(world, "fgkd-plugin-loud", "1.2.3", loud);
    await write(world, "fgkd.config.json", JSON.stringify({ preset: "short", plugins: ["loud"], epochs: 1 }));
    expect(await world.fgkd("train --quiet --out run"), world.err).toBe(130);
    expect((await configOf(world)).modules).toEqual([{ name: "fgkd-plugin-loud", version: "1.2.3" }]);
    await rm(join(world.cwd, "fgkd.config.json"));
    expect(await elsewhere(world, "--resume ../run --quiet"), world.err).toBe(0);
  });

  test("says which file it lacks where its method was code", async () => {
    const world = await project();
    const text =
      'import { definePreset } from "fgkd"; import { short } from "fgkd/presets"; export const mine = definePreset({ ...short, name: "mine" });';
    await write(world, "mine.ts", text);
    expect(await world.fgkd("--preset ./mine.ts --quiet --out run"), world.err).toBe(130);
    await rename(join(world.cwd, "mine.ts"), join(world.cwd, "other.ts"));
    expect(await world.fgkd("--resume run")).toBe(1);
    expect(world.err).toBe(
      `FGKD_PATH ${join(world.cwd, "mine.ts")}: is not there, and the run has its preset from it, in code. Restore it: a run keeps a preset by itself only where that is written as data, in JSON or YAML.\n`,
    );
  });
});

/** An optimiser that does nothing, and a loss. */
const still = `export const still = { name: "still", register: ({ optimizers }) => optimizers.register("still", {
  defaults: {}, create: () => ({ slots: [], update() {} }) }),
  apply: ({ hooks }) => hooks.loss.tap("still", (terms, outputs) => ({ ...terms, size: outputs.logits.square().mean().asScalar() })) };`;

describe("code of others that changed while a run was stopped", () => {
  async function withLoud(): Promise<World> {
    const world = await project();
    await putPackage(world, "fgkd-plugin-loud", "1.2.3", loud);
    await write(world, "mine.mjs", 'export const mine = { name: "mine", apply() {} };');
    await write(
      world,
      "fgkd.config.json",
      JSON.stringify({ preset: "short", plugins: ["loud", "./mine.mjs"], epochs: 1 }),
    );
    expect(await world.fgkd("train --quiet --out run"), world.err).toBe(130);
    return world;
  }

  test("refuses another version of a package, naming both, unless it is forced", async () => {
    const world = await withLoud();
    await putPackage(world, "fgkd-plugin-loud", "2.0.0", loud);
    expect(await world.fgkd("--resume run --quiet")).not.toBe(0);
    expect(world.err).toContain("the package fgkd-plugin-loud was 1.2.3, is 2.0.0");
    expect(world.err).toContain("another version of a package may compute otherwise");
    expect(await world.fgkd("--resume run --quiet --force"), world.err).toBe(0);
    expect(await world.fgkd("--resume run --quiet"), world.err).toBe(0);
  });

  test("warns of another version where a model is only tested", async () => {
    const world = await withLoud();
    expect(await world.fgkd("--resume run --quiet"), world.err).toBe(0);
    // Nothing has changed so far.
    expect(world.err).not.toContain("warning");
    await putPackage(world, "fgkd-plugin-loud", "2.0.0", loud);
    expect(await world.fgkd("eval run"), world.err).toBe(0);
    expect(world.err).toContain("warning the package fgkd-plugin-loud was 1.2.3, is 2.0.0.\n");
  });

  test("tells of a file that was edited, and goes on: its author may have mended it", async () => {
    const world = await withLoud();
    await write(world, "mine.mjs", 'export const mine = { name: "mine", apply() { /* mended */ } };');
    expect(await world.fgkd("--resume run --quiet"), world.err).toBe(0);
    expect(world.err).toContain(`warning ${join(world.cwd, "mine.mjs")} was edited since the run began`);
  });
});
