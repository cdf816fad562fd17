/** A run that was trained for a moment on a folder of pictures, and what `fgkd eval` hears from its models. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import {
  type Config,
  createRandom,
  createRun,
  createRunFolder,
  definePlugin,
  definePreset,
  type Metric,
} from "../../../core/index.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { birdSource, filesSource, folderSource } from "../../../plugins/data/index.js";
import { ensemblers } from "../../../plugins/ensemblers/index.js";
import { losses } from "../../../plugins/losses/index.js";
import { averagedWeights, optimizers } from "../../../plugins/optimizers/index.js";
import { transforms } from "../../../plugins/transforms/index.js";
import { startEngine } from "../../support/engines.js";

/** The probabilities of each image that a model is tested on, in order. */
export const heard: number[][] = [];

const listener = definePlugin({
  name: "listener",
  defaults: {},
  register: ({ metrics }) => (metrics.register as (name: string, entry: object) => void)("listener", entry),
});

const listening: Metric = {
  begin: () => ({
    add: ({ probabilities, classes, images }) => {
      for (let image = 0; image < images; image++)
        heard.push([...probabilities.slice(image * classes, (image + 1) * classes)]);
    },
    result: () => ({}),
  }),
};
const entry = { defaults: {}, create: () => listening };

const network = {
  name: "resnet",
  block: "basic",
  depths: [1],
  widths: [4],
  stem: { filters: 4, size: 3, stride: 2, pool: false },
} as const;

/** All that the models, their images and their answers need, but for an engine. */
export const plugins = [
  resnet(),
  folderSource(),
  filesSource(),
  birdSource(),
  transforms(),
  ensemblers(),
  optimizers(),
  losses(),
  listener(),
];

const common = {
  epochs: 1,
  batchSize: 4,
  // As of photographs that are more than the network sees, so that each of its crops is another.
  input: { resize: 20, crop: 16, mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.3, 0.25] },
  losses: [{ name: "cross-entropy" }],
  optimizer: { name: "sgd", learningRate: 0.05 },
  evaluation: { last: 1, metrics: [{ name: "top-1" }, { name: "listener" }] },
} as Config;

/** A student that sees less of its images than there is, in colours of its own. */
export const alone = definePreset({
  name: "alone",
  summary: "a student",
  plugins: [...plugins, averagedWeights()],
  stages: { student: { trains: "student" } },
  defaults: {
    ...common,
    models: { student: { backbone: network, input: { size: 8, mean: [0.5, 0.5, 0.5] } } },
  } as never,
});

export const members = definePreset({
  name: "members",
  summary: "two of a kind",
  plugins,
  stages: { first: { trains: "member-1" }, second: { trains: "member-2" } },
  defaults: { ...common, models: { "member-1": { backbone: network }, "member-2": { backbone: network } } } as never,
});

/** A folder that goes with `remove`. */
export interface Home {
  readonly path: string;
  /** Of pictures: `train/` and `test/` of the classes `finch` and `wren`. */
  readonly photos: string;
  remove(): void;
}

export async function createHome(): Promise<Home> {
  const path = mkdtempSync(join(tmpdir(), "fgkd-pictures-"));
  const photos = join(path, "photos");
  for (const [split, count] of [
    ["train", 4],
    ["test", 5],
  ] as const)
    for (const name of ["finch", "wren"]) {
      mkdirSync(join(photos, split, name), { recursive: true });
      for (let index = 0; index < count; index++) {
        const kind = index % 2 === 0 ? "png" : "jpeg";
        const bytes = await noise(`${split}/${name}/${index}`, 20 + 3 * index, 26)
          .toFormat(kind)
          .toBuffer();
        writeFileSync(join(photos, split, name, `${index}.${kind}`), bytes);
      }
    }
  return { path, photos, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A picture in which no place is like another. */
export function noise(seed: string, width: number, height: number): Sharp {
  const values = createRandom(seed).normals(width * height * 3);
  const data = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, 128 + 60 * value)));
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Trains a preset on the photographs, for a step or two. @returns the run's folder */
export async function trained(
  { path, photos }: Home,
  preset: typeof alone | typeof members,
  config: Config = {},
  name: string = preset.name,
): Promise<string> {
  await startEngine("cpu");
  const layers = [
    { origin: "test", config: { data: { name: "folder", path: photos, workers: 1 }, ...config } as Config },
  ];
  const run = await createRun({ preset, layers });
  const folder = await createRunFolder(join(path, name), { preset: preset.name, plugins: [], layers }, run);
  for await (const _ of run.steps());
  await folder.finish(run);
  await folder.close();
  await run.close();
  heard.length = 0;
  return folder.path;
}
