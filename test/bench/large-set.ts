/** A set of a hundred thousand images, and what opening it takes: tests hold its memory, `npm run bench -- data` tells its time. */
import { execFile } from "node:child_process";
import { link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import sharp from "sharp";

const repository = new URL("../..", import.meta.url).pathname;

export interface Opened {
  /** Images to train on. */
  readonly train: number;
  /** By the clock. */
  readonly seconds: number;
  /** Of all processors. */
  readonly processorSeconds: number;
  /** MiB, of the whole process. */
  readonly peak: number;
}

/** Compiled, in a process of its own: what it takes is then its own. */
const program = `
  import { createTraining } from "./core/index.js";
  import { sources } from "./plugins/data/index.js";
  const { sources: known } = createTraining({ plugins: [sources()] });
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const source = await known.create("folder", { path: process.argv[2], workers: 1 }).open([]);
  const [seconds, { user, system }] = [(performance.now() - begin) / 1000, process.cpuUsage(used)];
  const train = source.count("train");
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ train, seconds, processorSeconds: (user + system) / 1e6, peak }));
  await source.close();
`;

/** Opens a folder of images in a new process. */
export async function openApart(folder: string): Promise<Opened> {
  const outdir = join(repository, "build/large-set");
  buildSync({
    stdin: { contents: program, resolveDir: repository, sourcefile: "open.ts", loader: "ts" },
    absWorkingDir: repository,
    outdir,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
  });
  const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, "stdin.js"), folder]);
  return JSON.parse(stdout) as Opened;
}

/** Fills an empty folder: a hundred classes, each with two pictures of its own under a thousand names. */
export async function fillWithMany(folder: string): Promise<void> {
  for (let label = 0; label < 100; label++) {
    for (const [split, count, r] of [
      ["train", 800, 0],
      ["test", 200, 255],
    ] as const) {
      const images = join(folder, split, `class-${label}`);
      await mkdir(images, { recursive: true });
      const background = { r, g: 2 * label, b: 9 };
      const picture = sharp({ create: { width: 16, height: 16, channels: 3, background } }).png();
      await writeFile(join(images, "0.png"), await picture.toBuffer());
      for (let image = 1; image < count; image++) await link(join(images, "0.png"), join(images, `${image}.png`));
    }
  }
}
