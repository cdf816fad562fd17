/** Small image folders, and ways to walk a source. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { createTraining, type InputSettings, type Pass, type Source } from "../../../core/index.js";
import { type FolderOptions, sources } from "../../../plugins/data/index.js";
import { whenFileEnds } from "../../support/leaving.js";

export const input: InputSettings = {
  resize: 16,
  fit: "shorter",
  pad: 0,
  crop: 16,
  flip: 0.5,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

/** What a pass is when the test does not care. */
export const trainPass: Pass = { split: "train", mode: "train", epoch: 0, seed: "1", batchSize: 4, skip: 0, input };
export const testPass: Pass = { ...trainPass, split: "test", mode: "test" };

type Tree = Readonly<Record<string, Uint8Array | string>>;

/** A temporary folder with these files, removed when the test file ends. */
export async function folderWith(tree: Tree): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "fgkd-data-"));
  whenFileEnds(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** `count` images for each class in each split. */
export async function classFolders(
  splits: readonly string[],
  classes: readonly string[],
  count: number,
): Promise<Tree> {
  const tree: Record<string, Uint8Array> = {};
  for (const split of splits) {
    // No two splits share an image: whoever opens them is told so.
    const g =
      90 + (["", "train", "test"].includes(split) ? 0 : 1 + ([...Buffer.from(split)].reduce((a, b) => a + b) % 97));
    for (const [label, name] of classes.entries()) {
      for (let i = 0; i < count; i++) {
        const shade = 40 * label + 3 * i + (split.startsWith("train") ? 0 : 20);
        tree[[split, name, `${i}.png`].filter(Boolean).join("/")] = await picture({ r: shade, g, b: 200 - shade });
      }
    }
  }
  return tree;
}

interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** A picture of one colour with a black left column, so that mirroring and shifting show. */
export async function picture(colour: Colour, size = 20, format: "png" | "jpeg" | "webp" = "png"): Promise<Uint8Array> {
  const bar = await sharp({ create: { width: 4, height: size, channels: 3, background: "black" } })
    .png()
    .toBuffer();
  return sharp({ create: { width: size, height: size, channels: 3, background: colour } })
    .composite([{ input: bar, left: 0, top: 0 }])
    .toFormat(format)
    .toBuffer();
}

/** What a source said to the user while it was opened. */
export const said: string[] = [];

const logger = {
  info: (message: string) => void said.push(message),
  warn: (message: string) => void said.push(message),
};

/** Opens the folder source; closed when the test file ends. */
export async function openFolder(
  path: string,
  options: Omit<FolderOptions, "path"> = {},
  inputs?: readonly InputSettings[],
): Promise<Source> {
  said.length = 0;
  const training = createTraining({ plugins: [sources()], services: { logger } });
  return keep(await training.sources.create("folder", { path, workers: 1, ...options }).open(inputs));
}

export function keep(source: Source): Source {
  whenFileEnds(() => source.close());
  return source;
}

/** All images of a pass as plain numbers, with labels and positions. */
export async function collect(source: Source, pass: Partial<Pass> = {}, walk: Pass = trainPass) {
  const batches: { images: Float32Array; labels: number[]; indices: readonly number[]; shape: number[] }[] = [];
  for await (const { images, labels, indices } of source.batches({ ...walk, ...pass })) {
    if (!images || !labels || !indices) throw new Error("a batch lacks images, labels or indices");
    const best = labels.argMax(1);
    batches.push({
      images: images.dataSync() as Float32Array,
      labels: [...best.dataSync()],
      indices,
      shape: images.shape,
    });
    for (const tensor of [images, labels, best]) tensor.dispose();
  }
  return batches;
}
