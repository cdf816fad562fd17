/** Pictures a second, from files to batches, against PyTorch's loader, in turn: `npm run bench -- data`. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import type { LoadAnswer, LoadRequest } from "./data-subject.js";
import { fillWithMany, openApart } from "./large-set.js";
import { median } from "./profile.js";
import type { Draw } from "./report.js";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const loader = here("../../../shared/bench/pytorch_loader.py");
const photographs = here("../../../shared/data/grocery/train");
const run = promisify(execFile);

/** What fgkd keeps of pictures. */
interface Way {
  readonly name: string;
  /** Of PyTorch's rate, at least. */
  readonly target?: number;
  /** @param kept a folder */
  options(kept: string): Partial<LoadRequest>;
}

const ways: readonly Way[] = [
  { name: "no cache", target: 1.5, options: () => ({ cacheBytes: 0, warm: 1 }) },
  { name: "on disk", options: (cachePath) => ({ cacheBytes: 0, cachePath, warm: 1 }) },
  { name: "in memory", target: 5, options: () => ({ warm: 2 }) },
  { name: "in memory, as bytes", options: () => ({ warm: 2, normalise: "device" }) },
];

/** Seconds that a turn is measured for. */
const SECONDS = 4;

/**
 * Resize to 146, crop 128, flip, normalise, batches of 16, as many threads as PyTorch has processes.
 *
 * @param folder of class folders; the photographs of `../shared` where none is given
 * @returns a table
 */
export async function measureData(pairs: number, draw: Draw, folder = photographs): Promise<string> {
  const outdir = here("../../build/bench/data");
  buildSync({
    entryPoints: [
      here("data-subject.ts"),
      here("../../plugins/data/images/worker.ts"),
      here("../../plugins/transforms/threads.ts"),
    ],
    outdir,
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    keepNames: true,
  });
  const workers = availableParallelism();
  const rates = new Map<string, number[]>([
    ["PyTorch", []],
    ...ways.map(({ name }) => [name, []] as [string, number[]]),
  ]);
  const processor = new Map<string, number[]>();
  const kept = mkdtempSync(join(tmpdir(), "fgkd-bench-"));
  for (let pair = 0; pair < pairs; pair++) {
    for (const { name, options } of ways) {
      const request = { path: folder, seconds: SECONDS, workers, ...options(kept) };
      const answer = await ask<LoadAnswer>(process.execPath, join(outdir, "data-subject.js"), JSON.stringify(request));
      rates.get(name)?.push(answer.images_per_second);
      processor.set(name, [...(processor.get(name) ?? []), answer.processor]);
    }
    if (!existsSync(loader)) continue;
    const words = [loader, folder, "--workers", `${workers}`, "--seconds", `${SECONDS}`];
    rates.get("PyTorch")?.push((await ask<LoadAnswer>("/usr/bin/python3", ...words)).images_per_second);
  }
  rmSync(kept, { recursive: true });
  const peer = rates.get("PyTorch") ?? [];
  const rows = [...rates].map(([name, found]) => {
    const ratios = found.map((rate, pair) => rate / (peer[pair] ?? Number.NaN));
    const spent = processor.get(name);
    const target = ways.find((way) => way.name === name)?.target;
    return [
      name,
      median(found).toFixed(0),
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
      target ? `≥ ${target}` : "",
      spent ? median(spent).toFixed(2) : "",
    ];
  });
  const [load = 0] = loadavg();
  const large = await startOfMany();
  const head = ["pictures", "a second", "of PyTorch's", "least–most", "target", "processor ms"];
  return `${draw(head, rows)}\n${pairs} pairs, ${workers} threads or processes each, load ${load.toFixed(1)}\n${large}`;
}

/** In words: how long a set of a hundred thousand images takes to open, the second time, when the system knows its folders. */
async function startOfMany(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-bench-"));
  await fillWithMany(folder);
  await openApart(folder);
  const { seconds, processorSeconds, peak } = await openApart(folder);
  rmSync(folder, { recursive: true });
  const times = `${seconds.toFixed(2)} s (${processorSeconds.toFixed(2)} s of all processors)`;
  return `100,000 images in class folders: open after ${times}, at most ${peak.toFixed(0)} MiB`;
}

async function ask<T>(command: string, ...words: readonly string[]): Promise<T> {
  const { stdout } = await run(command, [...words]);
  return JSON.parse(stdout) as T;
}
