import { execFile } from "node:child_process";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { classFolders, folderWith } from "./support.js";

const repository = new URL("../../..", import.meta.url).pathname;
let packageRoot: string;
let images: string;

/** The package as it is published: one JavaScript file per source file. */
beforeAll(async () => {
  packageRoot = await folderWith({ "package.json": '{ "type": "module" }' });
  images = await folderWith(await classFolders(["train", "test"], ["a", "b"], 8));
  const files = (
    await Promise.all(
      ["core", "plugins/data", "plugins/native", "plugins/transforms"].map(async (folder) =>
        (await readdir(join(repository, folder), { recursive: true })).map((name) => join(folder, name)),
      ),
    )
  )
    .flat()
    .concat("plugins/layers/option-types.ts");
  await build({
    absWorkingDir: repository,
    entryPoints: files.filter((name) => name.endsWith(".ts")),
    outdir: packageRoot,
    outbase: repository,
    format: "esm",
    platform: "node",
    tsconfig: join(repository, "tsconfig.json"),
  });
  await mkdir(join(packageRoot, "run"));
  await symlink(join(repository, "node_modules"), join(packageRoot, "node_modules"));
});

/** Runs a program that has `open(name, options)` and `pass`; it must end by itself. */
async function run(name: string, program: string): Promise<string> {
  const path = join(packageRoot, "run", name);
  const input = '{ resize: 16, fit: "shorter", pad: 0, crop: 16, flip: 0.5, mean: [0, 0, 0], deviation: [1, 1, 1] }';
  await writeFile(
    path,
    `import { createTraining } from "../core/index.js";
import { sources } from "../plugins/data/index.js";
const open = (name, options) => createTraining({ plugins: [sources()] }).sources.create(name, options).open();
const pass = { split: "train", mode: "train", epoch: 0, seed: "1", batchSize: 4, skip: 0, input: ${input} };
${program}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [path, images], { timeout: 25_000 });
  return stdout.trim().split("\n").at(-1) ?? "";
}

test("the sources also run from JavaScript, and an open one keeps no program alive", async () => {
  const program = `
    const folder = await open("folder", { path: process.argv[2], workers: 2 });
    const birds = await open("birds", { classes: 2, train: 8, test: 1, workers: 1 });
    let images = 0;
    for (const source of [folder, birds]) for await (const batch of source.batches(pass)) images += batch.images.shape[0];
    for await (const batch of folder.batches({ ...pass, epoch: 1 })) break;
    console.log(images);`;
  expect(await run("use.mjs", program)).toBe("32");
});

test("a stranger's transform in TypeScript runs on threads of JavaScript", async () => {
  const module = join(packageRoot, "run", "paint.ts");
  const paint =
    "export const transform = ({ width, height }: { width: number; height: number }) => ({ width, height, data: new Uint8Array(width * height * 3).fill(255) });";
  await writeFile(module, paint);
  const program = `
    const folder = await open("folder", { path: process.argv[2], workers: 1 });
    const transforms = [{ name: "paint", module: ${JSON.stringify(module)} }];
    for await (const { images } of folder.batches({ ...pass, input: { ...pass.input, crop: 20 }, transforms }))
      console.log(images.mean().dataSync()[0]);`;
  expect(await run("paint.mjs", program)).toBe("1");
});

test("a source can be closed while batches are under way", async () => {
  const program = `
    const birds = await open("birds", { classes: 2, train: 40, workers: 2 });
    const large = { ...pass, batchSize: 16, input: { ...pass.input, resize: 128, crop: 128 } };
    for await (const batch of birds.batches(large)) break;
    await birds.close();
    console.log("closed");`;
  expect(await run("close.mjs", program)).toBe("closed");
});
