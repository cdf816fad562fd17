import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePreset, readNewestCheckpoint, readSafetensors, silentLogger } from "../../../../core/index.js";
import { averagedWeights } from "../../../../plugins/optimizers/index.js";
import { toyLoss } from "../../../support/toy.js";
import { createWorld, toyPreset, type World } from "../world.js";

const alone = definePreset({
  ...toyPreset,
  name: "alone",
  stages: { only: { trains: "student", plugins: [toyLoss()] } },
  defaults: { ...toyPreset.defaults, models: { student: { backbone: { name: "toy-linear" } } } },
});
const averaged = definePreset({
  ...toyPreset,
  name: "averaged",
  plugins: [toyPreset.plugins, averagedWeights({ decay: 0.5 })],
  defaults: { ...toyPreset.defaults, evaluation: { last: 1, weights: "ema" } },
});
/** A world in which a run of the preset was stopped after some steps. */
async function stopped(preset: string, at = 7): Promise<World> {
  const onLook = (look: number, world: World) => {
    if (look === at) world.pressCtrlC();
  };
  const world = await createWorld({ presets: [toyPreset, alone, averaged], onLook });
  expect(await world.fgkd(`--preset ${preset} --quiet --out first`), world.err).toBe(130);
  return world;
}

const state = async (world: World) => readNewestCheckpoint(join(world.cwd, "first/checkpoints"), silentLogger);

/** The only file that was kept of the unfinished run. */
async function kept(
  world: World,
): Promise<{ readonly name: string; readonly weights: unknown; readonly about: string }> {
  const [name = ""] = (await readdir(join(world.cwd, "first/models"))).filter((file) => /-\d{9}\./.test(file));
  const { tensors, metadata } = readSafetensors(join(world.cwd, "first/models", name));
  return { name, weights: tensors, about: metadata.fgkd ?? "" };
}

describe("--teacher with a run that has not ended", () => {
  test("takes the newest checkpoint, says of which epoch it is, and keeps it where no run removes it", async () => {
    const world = await stopped("toy");
    expect(await world.fgkd("--preset toy --teacher first --out second"), world.err).toBe(0);
    const { name, weights, about } = await kept(world);
    expect(world.err).toMatch(
      /teacher of \S+\/first, which has not ended: epoch \d of stage "teacher", after \d+ steps, kept as \S+\/first\/models\/teacher-\d{9}\.safetensors\n/,
    );
    expect(weights).toEqual((await state(world))?.models.teacher);
    expect(JSON.parse(about)).toMatchObject({
      role: "teacher",
      classes: ["dark", "light"],
      backbone: { name: "toy-linear" },
    });
    const { layers } = JSON.parse(await readFile(join(world.cwd, "second/config.json"), "utf8"));
    expect(JSON.stringify(layers)).toContain(`first/models/${name}`);
    // What was kept outlives the checkpoints.
    await rm(join(world.cwd, "first/checkpoints"), { recursive: true });
    expect(await world.fgkd("--resume second --quiet"), world.err).toBe(0);
  });

  test("takes the averaged weights where the run's own tests saw those", async () => {
    const world = await stopped("averaged");
    expect(await world.fgkd("--preset toy --teacher first --out second --quiet"), world.err).toBe(0);
    const { name, weights } = await kept(world);
    expect(name).toMatch(/^teacher-ema-\d{9}\.safetensors$/);
    expect(weights).toEqual((await state(world))?.models["teacher@ema"]);
    expect(weights).not.toEqual((await state(world))?.models.teacher);
  });

  test("takes the only model of the run, whatever its role there", async () => {
    const world = await stopped("alone");
    expect(await world.fgkd("--preset toy --teacher first --out second --quiet"), world.err).toBe(0);
    expect((await kept(world)).weights).toEqual((await state(world))?.models.student);
  });

  test("is shown by fgkd config, which writes nothing", async () => {
    const world = await stopped("toy");
    expect(await world.fgkd("config --preset toy --teacher first"), world.err).toBe(0);
    expect(world.out).toContain("first/models/teacher-");
    await expect(readdir(join(world.cwd, "first/models"))).rejects.toThrow("ENOENT");
  });

  test("is refused where it has no checkpoint yet, with the way out", async () => {
    const world = await stopped("toy");
    await rm(join(world.cwd, "first/checkpoints"), { recursive: true });
    expect(await world.fgkd("--preset toy --teacher first --out second")).toBe(1);
    expect(world.err).toContain("first: has trained no teacher yet. Train it first: --resume ");
    await expect(readdir(join(world.cwd, "second"))).rejects.toThrow("ENOENT");
  });
});
