import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createWorld, type World } from "../world.js";

async function write(world: World, path: string, text: string): Promise<void> {
  const file = join(world.cwd, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const method = `
preset:
  defaults: { epochs: 2 }
  stages:
    teacher: { trains: teacher, plugins: [./loss.mjs] }
    student: { trains: student, plugins: [./loss.mjs], settings: { epochs: 1 } }
plugins: [./optimizer.mjs]
batchSize: 4
data: { name: toy-points }
optimizer: { name: still, learningRate: 0.1 }
models:
  teacher: { backbone: { name: toy-linear } }
  student: { backbone: { name: toy-linear, scale: 0.5 } }
evaluation: { last: 1 }
`;

/** An optimiser that a project registers, and a loss that it adds: neither the preset nor fgkd has them. */
const optimizer = `export const still = { name: "still", register: ({ optimizers }) => optimizers.register("still", {
  defaults: {}, create: () => ({ slots: [], update() {} }) }) };`;
const loss = `export const loss = { name: "loss", apply: ({ hooks }) => hooks.loss.tap("loss", (terms, outputs) => ({
  ...terms, size: outputs.logits.square().mean().asScalar() })) };`;

async function project(text: string): Promise<World> {
  const world = await createWorld();
  await write(world, "fgkd.config.yaml", text);
  await write(world, "optimizer.mjs", optimizer);
  await write(world, "loss.mjs", loss);
  return world;
}

describe("a method that is written in a configuration file", () => {
  test("is trained without a line of code, stage after stage, and named after its file", async () => {
    const world = await project(method);
    expect(await world.fgkd("train --out run --engine cpu"), world.err).toBe(0);
    const lines = (await readFile(join(world.cwd, "run/metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).stage)).toEqual(["teacher", "teacher", "student"]);
    expect(JSON.parse(await readFile(join(world.cwd, "run/manifest.json"), "utf8")).preset).toBe("fgkd.config");
  });

  test("is found again by a run that is taken up", async () => {
    const world = await project(method);
    expect(await world.fgkd("train --out run --engine cpu --epochs 1"), world.err).toBe(0);
    expect(await world.fgkd("train --resume run --engine cpu"), world.err).toBe(0);
  });

  test.each([
    ["stages that are none", "preset: { stages: 5 }", "preset fgkd.config: it has no stages"],
    ["plugins that are no list", "preset: { stages: { a: { trains: a } }, plugins: x }", "its plugins are no list"],
    [
      "a plugin that is not there",
      "preset: { stages: { a: { trains: a } }, plugins: [./no.mjs] }",
      "no plugin is found",
    ],
    ["a stage that trains nobody", "preset: { stages: { a: {} } }", 'stage "a" trains undefined'],
  ])("is refused with %s", async (_, text, message) => {
    const world = await project(text);
    expect(await world.fgkd("config")).toBe(1);
    expect(world.err).toContain(message);
  });
});
