import { execFile } from "node:child_process";
import { link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { folderWith, picture } from "./support.js";

const repository = new URL("../../..", import.meta.url).pathname;

/** A hundred classes, each with a picture of its own under a thousand names. */
async function manyImages(): Promise<string> {
  const root = await folderWith({});
  for (let label = 0; label < 100; label++) {
    for (const [split, count, r] of [
      ["train", 800, 0],
      ["test", 200, 255],
    ] as const) {
      const folder = join(root, split, `class-${label}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "0.png"), await picture({ r, g: 2 * label, b: 9 }));
      for (let image = 1; image < count; image++) await link(join(folder, "0.png"), join(folder, `${image}.png`));
    }
  }
  return root;
}

/** Compiled, in a process of its own: what it takes is then its own. */
const program = `
  import { createTraining } from "./core/index.js";
  import { sources } from "./plugins/data/index.js";
  const { sources: known } = createTraining({ plugins: [sources()] });
  const source = await known.create("folder", { path: process.argv[2], workers: 1 }).open([]);
  console.log(JSON.stringify({ train: source.count("train"), peak: process.resourceUsage().maxRSS / 1024 }));
  await source.close();
`;

test("a hundred thousand images are open within 300 MiB", async () => {
  const root = await manyImages();
  const outdir = join(repository, "build/large-sets");
  buildSync({
    stdin: { contents: program, resolveDir: repository, sourcefile: "open.ts", loader: "ts" },
    absWorkingDir: repository,
    outdir,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
  });
  const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, "stdin.js"), root]);
  const { train, peak } = JSON.parse(stdout) as { train: number; peak: number };
  expect(train).toBe(80_000);
  expect(peak).toBeLessThan(300);
}, 120_000);
