/** Remedies of `fgkd eval`, and of data. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { expect } from "vitest";
import {
  definePlugin,
  definePreset,
  definePresetWithOptions,
  type FactoryContext,
  Parameters,
} from "../../../core/index.js";
import { globalAveragePool } from "../../../core/ops/index.js";
import { toyPreset, type World } from "../../core/cli/world.js";
import { root } from "../blocks.js";
import {
  fails,
  heard,
  put,
  resume,
  type Situation,
  typed,
  works,
  worldStoppedAt,
  worldWith,
  worldWithRun,
} from "./situation.js";

const { name: _, summary, ...toy } = toyPreset;

/** The toy preset with a row of a publication. */
const withRows = definePresetWithOptions<{ readonly variant: string | null }>({
  name: "rows",
  summary,
  variants: { row1: "the first row" },
  defaults: { variant: null },
  create: () => toy,
});

/** Looks at the colours of a picture of any size. */
const colours = definePlugin({
  name: "colours",
  defaults: {},
  register({ backbones }) {
    (backbones.register as (name: string, entry: object) => void)("colours", {
      defaults: {},
      create: (_: object, { stream, classes: { length } }: Pick<FactoryContext, "stream" | "classes">) => {
        const parameters = new Parameters();
        const weight = parameters.weight("fc.weight", [3, length], "linear", () =>
          stream.normals(3 * length),
        ) as tf.Tensor2D;
        const bias = parameters.weight("fc.bias", [length], "plain", () => new Float32Array(length)) as tf.Tensor1D;
        return {
          parameters,
          classifier: { weight, bias },
          forward: ({ images }: { readonly images: tf.Tensor4D }) => ({
            features: images,
            logits: globalAveragePool(images).matMul(weight).add(bias),
          }),
        };
      },
    });
  },
});

const pictures = definePreset({
  ...toyPreset,
  name: "pictures",
  plugins: [toyPreset.plugins, colours()],
  stages: { student: { trains: "student", plugins: toyPreset.stages.student?.plugins ?? [] } },
  defaults: {
    ...toyPreset.defaults,
    data: null,
    epochs: 1,
    models: { student: { backbone: { name: "colours" } as never } },
    input: { resize: 8, crop: 8 },
  },
  scales: {},
});

async function photograph(world: World, folder: string, shade = 0, kinds = ["finch", "wren"]): Promise<void> {
  for (const [label, name] of kinds.entries())
    for (let i = 0; i < 12; i++) {
      const background = { r: (60 + 120 * label) % 256, g: shade + 10 * i, b: Math.abs(180 - 120 * label) % 256 };
      const picture = sharp({ create: { width: 8, height: 8, channels: 3, background } });
      await put(world, `${folder}/${name}/${i}.png`, await picture.png().toBuffer());
    }
}

const train = "--preset pictures --scale demo --quiet --workers 1";

async function photographed(): Promise<World> {
  const world = await worldWith({}, { presets: [pictures] });
  await photograph(world, "photos");
  return world;
}

export const looking: readonly Situation[] = [
  {
    told: "Name one of them with --role.",
    async tried(told) {
      const world = await worldWithRun();
      const said = heard(told, await fails(world, "eval runs/toy-1 --role techer"));
      const [name] = /(?<=Registered: )\w+/.exec(world.err) ?? [];
      await works(world, `eval runs/toy-1 ${typed(said, /--role/)} ${name}`, said);
    },
  },
  {
    told: "Finish it with --resume …, or name another with --role.",
    async tried(told) {
      const world = await worldStoppedAt(16);
      const said = heard(told, await fails(world, "eval runs/toy-1"));
      const [name] = /(?<=holds )\w+/.exec(world.err) ?? [];
      await works(world, `eval runs/toy-1 ${typed(said, /--role/)} ${name}`, said);
      await works(world, typed(said, resume), said);
      await works(world, "eval runs/toy-1", said);
    },
  },
  {
    told: "Finish it with --resume ….",
    async tried(told) {
      const world = await worldStoppedAt(5);
      const said = heard(told, await fails(world, "eval runs/toy-1"));
      await works(world, typed(said, resume), said);
      await works(world, "eval runs/toy-1", said);
    },
  },
  {
    told: "Name another --split, or data that has this one.",
    async tried(told) {
      const world = await worldWithRun();
      const line = "eval runs/toy-1 --split validation";
      const said = heard(told, await fails(world, line));
      await works(world, `${line} ${typed(said, /--split/)} train`, said);
    },
  },
  {
    told: "The run was trained on images of …: leave --data out to test on its test split alone.",
    async tried(told) {
      const world = await photographed();
      await works(world, `${train} --data photos`);
      const line = "eval runs/pictures-1 --data photos";
      const said = heard(told, await works(world, line));
      const again = await works(world, line.replace(new RegExp(`${typed(said, /--data/)} \\S+`), ""), said);
      expect(again).toMatch(/of [1-9]\d* test images right/);
    },
  },
  {
    told: "Give both the same ones: fgkd eval RUN RUN --data FOLDER.",
    async tried(told) {
      const world = await photographed();
      await photograph(world, "others", 100);
      for (const folder of ["photos", "others"]) await works(world, `${train} --data ${folder}`);
      const said = heard(told, await fails(world, "eval runs/pictures-1 runs/pictures-2"));
      const line = typed(said, /fgkd eval .*/).replace("FOLDER", "others");
      const again = await works(world, line.replace("RUN", "runs/pictures-1").replace("RUN", "runs/pictures-2"), said);
      expect(again).toMatch(/2 runs on the same [1-9]\d* test images/);
    },
  },
  {
    told: "Name some of them with --only-classes, or take --json.",
    async tried(told) {
      const world = await worldWith({}, { presets: [pictures] });
      const kinds = Array.from({ length: 31 }, (_, at) => `kind${at}`);
      await photograph(world, "photos", 0, kinds);
      await works(world, `${train} --data photos`);
      const line = "eval runs/pictures-1 --confusion";
      const said = heard(told, await fails(world, line));
      const some = await works(world, `${line} ${typed(said, /--only-classes/)} kind1,kind30`, said);
      expect(some).toMatch(/^ 2 kind30/m);
      const { runs } = JSON.parse(
        (await works(world, `${line.replace("--confusion", typed(said, /--json/))}`, said)).replace(/\n[^{}]*$/, "\n"),
      );
      expect(runs[0].perClass).toHaveLength(31);
    },
  },
  {
    told: 'stage "…" has no data. Name a folder with --data, or set data: { name: "…" } in the config.',
    async tried(told) {
      const world = await photographed();
      for (const line of [train, train.replace("--workers 1", "")]) heard(told, await fails(world, line));
      const said = heard(told, world.err);
      await works(world, `${train} ${typed(said, /--data/)} photos`, said);
      const setting = typed(said, /data: \{ name: "…" \}/).replace("…", "folder");
      const data = { ...(JSON.parse(setting.replace("data: { name", '{ "name"')) as object), path: "photos" };
      await put(world, "fgkd.config.json", JSON.stringify({ data }));
      await works(world, train, said);
    },
  },
  {
    told: "Check the path given with --data.",
    async tried(told) {
      const world = await photographed();
      const said = heard(told, await fails(world, `${train} --data fotos`));
      await works(world, `${train} ${typed(said, /--data/)} photos`, said);
    },
  },
  {
    told: "Replace or remove the file, or pass --on-bad-image skip to train without it.",
    async tried(told) {
      const world = await photographed();
      await put(world, "photos/wren/broken.jpg", "no picture");
      const line = `${train} --data photos`;
      const said = heard(told, await fails(world, line));
      const again = await works(world, `${line} ${typed(said, /--on-bad-image skip/)}`, said);
      expect(again).toContain(join("photos", "wren", "broken.jpg"));
    },
  },
  {
    told: "Take one out: fgkd weights convert FILE OUT.safetensors --part ….",
    async tried(told) {
      const world = await worldWith();
      await put(world, "two.pth", await readFile(join(root, "test/golden/pytorch/two.pth")));
      const said = heard(told, await fails(world, "weights inspect two.pth"));
      const line = typed(said, /fgkd weights convert .*/)
        .replace("FILE", "two.pth")
        .replace("OUT", "one");
      await works(world, line, said);
      await works(world, "weights inspect one.safetensors", said);
    },
  },
  {
    told: "A file of that name is written ./…; fgkd list weights shows what each backbone has.",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "--preset toy --set models.student.weights=imagenett"));
      expect(await works(world, typed(said, /fgkd list weights/))).toContain("models.<role>.weights takes such a name");
      const line = `--preset toy --set models.student.weights=${typed(said, /\.\/\S+/)}`;
      expect(await fails(world, line)).toContain("imagenett: cannot be opened");
    },
  },
  {
    told: "Such a row is chosen by --preset … --set variant=….",
    async tried(told) {
      const world = await worldWith({}, { presets: [withRows] });
      const said = heard(told, await works(world, "list variants"));
      const settings = await works(world, `config ${typed(said, /--preset \S+ --set \S+/)}`);
      expect(settings).toMatch(/variant +\w+ +--set variant/);
    },
  },
  {
    told: "Try --method …; it has ….",
    async tried(told) {
      const world = await photographed();
      await works(world, `${train} --data photos`);
      const line = "explain runs/pictures-1 photos/wren/0.png";
      const said = heard(told, await fails(world, `${line} --method rollout`));
      await works(world, `${line} ${typed(said, /--method [\w-]+/)}`, said);
    },
  },
  {
    told: "Name another folder with --out.",
    async tried(told) {
      const world = await photographed();
      await works(world, `${train} --data photos`);
      const line = "explain runs/pictures-1 photos/wren/0.png";
      const said = heard(told, await fails(world, `${line} --out photos`));
      await works(world, `${line} ${typed(said, /--out/)} other`, said);
    },
  },
];
