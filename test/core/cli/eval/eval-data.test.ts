import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { definePlugin, definePreset, type Source } from "../../../../core/index.js";
import { optimizers } from "../../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings, toySource } from "../../../support/toy.js";
import { createWorld, type World } from "../world.js";

interface PointFolder {
  readonly path: string;
  readonly testAll?: boolean;
  readonly validation?: number | null;
}

/** Points under the name of the folder source: 6 are kept back for tests, unless all are tested. Remembers its options. */
function pointFolders(opened: PointFolder[], classes: readonly string[]) {
  const source = ({ testAll }: PointFolder): Source => ({
    ...toySource(12),
    classes,
    count: (split) => (split === "train" ? (testAll ? 0 : 12) : 6),
  });
  return definePlugin({
    // In the place of the real one.
    name: "folder-source",
    defaults: {},
    register: ({ sources }) =>
      sources.register("folder", {
        defaults: { testAll: false, validation: null } as never,
        required: ["path"],
        create: (options) => ({
          open: async () => {
            opened.push(options);
            return source(options);
          },
        }),
      }),
  })();
}

/** A run that was trained on `photos` with a drawn validation split, and the options of each folder that is opened later. */
async function trained(classes: readonly string[] = ["a", "b"]): Promise<{ world: World; opened: PointFolder[] }> {
  const opened: PointFolder[] = [];
  const preset = definePreset({
    name: "toy-folder",
    summary: "a linear student",
    plugins: [toy(), optimizers(), pointFolders(opened, classes)],
    stages: { student: { trains: "student", plugins: [toyLoss()] } },
    defaults: { ...toySettings, data: null, epochs: 1 },
  });
  const world = await createWorld({ presets: [preset] });
  for (const name of ["photos", "others"]) await mkdir(join(world.cwd, name));
  expect(await world.fgkd("--preset toy-folder --data photos --set data.validation=0.1 --quiet")).toBe(0);
  opened.length = 0;
  return { world, opened };
}

test("a folder that is given to fgkd eval is tested whole, whatever the run drew from its own", async () => {
  const { world, opened } = await trained();
  expect(await world.fgkd("eval runs/toy-folder-1 --data others")).toBe(0);
  expect(opened).toMatchObject([{ path: join(world.cwd, "others"), testAll: true, validation: null }]);
  expect(world.err).not.toContain("was trained on");
});

test("without a folder, and for another split, the run's own way of splitting counts", async () => {
  const { world, opened } = await trained();
  expect(await world.fgkd("eval runs/toy-folder-1")).toBe(0);
  expect(await world.fgkd("eval runs/toy-folder-1 --data others --split train")).toBe(0);
  expect(opened).toMatchObject([
    { path: join(world.cwd, "photos"), testAll: false, validation: 0.1 },
    { path: join(world.cwd, "others"), testAll: false, validation: 0.1 },
  ]);
});

test("the folder that was trained on is tested whole with a warning", async () => {
  const { world } = await trained();
  expect(await world.fgkd("eval runs/toy-folder-1 --data others/../photos")).toBe(0);
  expect(world.err).toContain(
    "warning The run was trained on images of others/../photos: leave --data out to test on its test split alone.",
  );
});

test("classes are the model's however their names are composed", async () => {
  const { world } = await trained(["Cafe\u0301", "Tea"]);
  expect(await world.fgkd("eval runs/toy-folder-1")).toBe(0);
});
