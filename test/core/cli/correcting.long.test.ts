import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  definePlugin,
  definePreset,
  encodeSafetensors,
  pathProblem,
  type Source,
  sequence,
} from "../../../core/index.js";
import { toySource } from "../../support/toy.js";
import { createWorld, toyPreset, type World } from "./world.js";

/** Images in a folder, of which the file `content` says which they are. */
const folder = definePlugin({
  // In the place of the real one.
  name: "folder-source",
  defaults: {},
  register({ sources }) {
    const register = sources.register as (name: string, entry: object) => void;
    register("folder", {
      defaults: { workers: null, maxPixels: 100, exif: "apply" },
      required: ["path"],
      create: ({ path }: { readonly path: string }) => ({
        open: async (): Promise<Source> => {
          const content = await readFile(join(path, "content"), "utf8").catch(() => {
            throw pathProblem(path, "there is no such folder", "Name it with --data.");
          });
          return { ...toySource(6), fingerprint: content };
        },
      }),
    });
  },
});

const inTurns = definePreset({
  ...toyPreset,
  name: "in-turns",
  schedule: (steps) => sequence(...Object.values(steps)),
});

const presets = [definePreset({ ...toyPreset, plugins: [toyPreset.plugins, folder()] }), inTurns];

/** A run of the data in `birds` that was stopped at the n-th look at the clock: up to look 12 in its first stage. */
async function stopped(at: number, home?: string): Promise<World> {
  const onLook = (look: number, world: World) => {
    if (look === at) world.pressCtrlC();
  };
  const world = await createWorld({ presets, onLook });
  const place = home ?? world.cwd;
  await mkdir(join(place, "birds"));
  await writeFile(join(place, "birds/content"), "birds");
  const line = `--preset toy --data ${place}/birds --scale demo --quiet --out ${place}/run`;
  expect(await world.fgkd(line), world.err).toBe(130);
  return world;
}

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "fgkd-correcting-"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** A copy of such a run, made once; what goes on with it is stopped at once. */
async function copied(isStopped = true): Promise<World> {
  if (!existsSync(join(home, "run"))) await stopped(4, home);
  const world = await createWorld({ presets, onLook: (_, self) => isStopped && self.pressCtrlC() });
  await cp(join(home, "run"), join(world.cwd, "run"), { recursive: true });
  return world;
}

const model = (world: World) => readFile(join(world.cwd, "run/models/student.safetensors"), "base64");

describe("a data folder that was moved", () => {
  test("is named anew when the run is taken up, which remembers it, and ends with the same bytes", async () => {
    const whole = await copied(false);
    expect(await whole.fgkd("--resume run --quiet"), whole.err).toBe(0);
    const world = await copied(false);
    await cp(join(home, "birds"), join(world.cwd, "moved"), { recursive: true });
    expect(await world.fgkd("--resume run --quiet --data moved"), world.err).toBe(0);
    const moved = join(world.cwd, "moved");
    expect(world.err).toContain(`From here on: stages.student.data.path was "${join(home, "birds")}", is "${moved}".`);
    expect(await model(world)).toBe(await model(whole));
    const { resolved } = JSON.parse(await readFile(join(world.cwd, "run/config.json"), "utf8"));
    expect(resolved.stages.teacher.data.path).toBe(moved);
  }, 60_000);

  test("is refused where other images lie", async () => {
    const world = await copied();
    await mkdir(join(world.cwd, "cats"));
    await writeFile(join(world.cwd, "cats/content"), "cats");
    expect(await world.fgkd("--resume run --data cats")).not.toBe(0);
    expect(world.err).toContain(
      'data was {"teacher":"birds","student":"birds"}, is {"teacher":"cats","student":"cats"}',
    );
  });
});

describe("a setting that is given anew with --resume", () => {
  test.each([
    "data.workers=2",
    "data.maxPixels=7",
    "checkpoints.keep=5",
    "watchdogs.tensors=false",
    "evaluation.every=2",
    "stages.student.batchSize=6",
    "stages.student.optimizer.learningRate=0.5",
    "models.student.backbone.scale=0.5",
  ])("is taken where nothing computed depends on it: %s", async (setting) => {
    const world = await copied();
    expect(await world.fgkd(`--resume run --quiet --set ${setting}`), world.err).toBe(130);
    const { layers } = JSON.parse(await readFile(join(world.cwd, "run/config.json"), "utf8"));
    expect(layers.at(-1).origin).toBe(`--resume --set ${setting.split("=")[0]}`);
  });

  test.each([
    ["batchSize=6", 'stages.teacher.batchSize was 3, is 6, though stage "teacher" has taken'],
    ["epochs=9", "stages.teacher.epochs was 3, is 9, though"],
    ["data.exif=ignore", "stages.teacher.data.exif was"],
    ["models.teacher.backbone.scale=2", 'though the model of role "teacher" is in the checkpoint already'],
    ["seed=3", "seed was 0, is 3"],
    ["engine=wasm", "the engine of a run is no setting to correct"],
    ["evaluation.bestOn=test", "stages.teacher.evaluation.bestOn"],
  ])("is refused with the reason where something does: %s", async (setting, reason) => {
    const world = await copied();
    const before = await readFile(join(world.cwd, "run/config.json"), "utf8");
    expect(await world.fgkd(`--resume run --set ${setting}`)).not.toBe(0);
    expect(world.err).toContain(reason);
    expect(await readFile(join(world.cwd, "run/config.json"), "utf8")).toBe(before);
  });

  test("is the setting of a later stage no more where the stages take turns", async () => {
    const world = await createWorld({ presets, onLook: (look, self) => look === 4 && self.pressCtrlC() });
    expect(await world.fgkd("--preset in-turns --quiet --out run"), world.err).toBe(130);
    expect(await world.fgkd("--resume run --set stages.student.epochs=1")).not.toBe(0);
    expect(world.err).toContain("though the stages take turns, and the turns so far depend on it");
  });

  test("takes the place of what was corrected before", async () => {
    const world = await copied();
    for (const workers of [2, 3]) await world.fgkd(`--resume run --quiet --set data.workers=${workers}`);
    const { layers } = JSON.parse(await readFile(join(world.cwd, "run/config.json"), "utf8"));
    expect(layers.filter(({ origin }: { origin: string }) => origin.startsWith("--resume"))).toHaveLength(1);
  });
});

describe("weights", () => {
  const file = (scale: number) => {
    const tensors = new Map([
      ["fc.weight", { shape: [2, 4], data: new Float32Array(8).fill(scale) }],
      ["fc.bias", { shape: [2], data: new Float32Array(2) }],
    ]);
    return Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]);
  };

  /** A run with such weights for a role, stopped in its first stage. */
  async function withWeights(role: string): Promise<World> {
    const world = await createWorld({ presets, onLook: (look, self) => look % 4 === 0 && self.pressCtrlC() });
    await mkdir(join(world.cwd, "a"));
    await writeFile(join(world.cwd, "a/w.safetensors"), file(1));
    await writeFile(join(world.cwd, "other.safetensors"), file(2));
    const set = `--set models.${role}.weights=a/w.safetensors`;
    expect(await world.fgkd(`--preset toy --quiet --out run ${set}`), world.err).toBe(130);
    return world;
  }

  test("of a later stage can be others, as the run is told when it is taken up", async () => {
    const world = await withWeights("student");
    await rm(join(world.cwd, "a/w.safetensors"));
    const line = "--resume run --quiet --set models.student.weights=other.safetensors";
    expect(await world.fgkd(line), world.err).toBe(130);
    expect(world.err).toContain('The weights of role "student" are others than when the run began: ');
  });

  test("of a model that is in the checkpoint can have moved, and can be no others", async () => {
    const world = await withWeights("teacher");
    await rename(join(world.cwd, "a"), join(world.cwd, "moved"));
    const line = (name: string) => `--resume run --quiet --set models.teacher.weights=${name}`;
    expect(await world.fgkd(line("other.safetensors"))).not.toBe(0);
    expect(world.err).toContain('though the model of role "teacher" is in the checkpoint already');
    expect(await world.fgkd(line("moved/w.safetensors")), world.err).toBe(130);
  });
});
