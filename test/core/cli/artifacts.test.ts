import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePlugin } from "../../../core/index.js";
import { createWorld, toyPreset, type World } from "./world.js";

/** Leaves the losses of each epoch in a file of its own. */
const diary = definePlugin({
  name: "diary",
  defaults: {},
  apply({ hooks, stage, artifacts }) {
    hooks.epoch.tap("diary", ({ epoch, losses }) =>
      artifacts.write(`${stage}/epoch-${epoch + 1}.json`, JSON.stringify(losses)),
    );
  },
});
const presets = [{ ...toyPreset, plugins: [...toyPreset.plugins, diary()] }];

const run = (world: World, ...path: string[]) => join(world.cwd, "runs/toy-1", ...path);

async function artifactsOf(world: World): Promise<Readonly<Record<string, string>>> {
  const found = await readdir(run(world, "artifacts"), { recursive: true, withFileTypes: true });
  const paths = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = paths
    .sort()
    .map(async (path) => [path.slice(run(world).length), await readFile(path, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe("files that plugins leave in a run", () => {
  test("lie in its folder, and change nothing of what is trained", async () => {
    const [plain, world] = [await createWorld(), await createWorld({ presets })];
    await plain.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(0);
    expect(Object.keys(await artifactsOf(world))).toEqual([
      "/artifacts/student/epoch-1.json",
      "/artifacts/student/epoch-2.json",
      "/artifacts/teacher/epoch-1.json",
      "/artifacts/teacher/epoch-2.json",
      "/artifacts/teacher/epoch-3.json",
    ]);
    for (const file of ["models/student.safetensors", "metrics.jsonl"])
      expect(await readFile(run(world, file))).toEqual(await readFile(run(plain, file)));
    // How long a stage waited for data is no result.
    const stagesOf = async (of: World) => JSON.parse(await readFile(run(of, "result.json"), "utf8")).stages;
    expect(await stagesOf(world)).toEqual(await stagesOf(plain));
  });

  test.each([3, 8])("are the same when it is stopped at look %i and resumed", async (at) => {
    const [whole, world] = [
      await createWorld({ presets }),
      await createWorld({ presets, onLook: (look, { pressCtrlC }) => look === at && pressCtrlC() }),
    ];
    await whole.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    expect(await world.fgkd("--resume --quiet")).toBe(0);
    expect(await artifactsOf(world)).toEqual(await artifactsOf(whole));
  });

  test("end it with 74 when the disk refuses them, naming the file and not the plugin; then it goes on", async () => {
    const [whole, world] = [
      await createWorld({ presets }),
      await createWorld({
        presets,
        // A file where the folder should be, put there once the run folder exists.
        onLook: (look, { cwd }) => look === 1 && writeFile(join(cwd, "runs/toy-1/artifacts"), ""),
      }),
    ];
    await whole.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(74);
    expect(world.err).toMatch(/^FGKD_STORAGE .*epoch-1\.json could not be written/);
    expect(world.err).not.toContain("FGKD_PLUGIN_FAILED");
    await rm(run(world, "artifacts"));
    // It has no checkpoint yet: only its name takes it up.
    expect(await world.fgkd("--resume runs/toy-1 --quiet")).toBe(0);
    expect(await artifactsOf(world)).toEqual(await artifactsOf(whole));
  });
});
