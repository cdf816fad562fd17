import { build } from "esbuild";
import { expect, test } from "vitest";

const root = new URL("../../..", import.meta.url).pathname;

/** Packages that a module loads, itself or through others. */
async function packagesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    packages: "external",
    format: "esm",
    platform: "node",
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
}

test.each(["plugins/data/images/worker.ts", "plugins/transforms/threads.ts", "plugins/transforms/pixels/index.ts"])(
  "threads that make pictures start at once: %s loads no tensor library, and neither schemas",
  async (entry) => {
    const heavy = (await packagesOf(entry)).filter((name) => /^(@tensorflow|zod|tsyringe|tapable)/.test(name));
    expect(heavy).toEqual([]);
  },
);

test("this would notice: the plugins' own index loads it", async () => {
  expect(await packagesOf("plugins/data/index.ts")).toContain("@tensorflow/tfjs");
});
