import { build } from "esbuild";
import { expect, test } from "vitest";

const root = new URL("../../..", import.meta.url).pathname;

/**
 * Packages that a module loads, itself or through others.
 *
 * @param later whether those count that are loaded only when they are asked for
 */
async function packagesOf(entry: string, later = true): Promise<ReadonlySet<string>> {
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
  const [found, seen] = [new Set<string>(), new Set([entry])];
  for (const file of seen) {
    for (const { path, external, kind } of metafile.inputs[file]?.imports ?? []) {
      if (later || kind !== "dynamic-import") (external ? found : seen).add(path);
    }
  }
  return found;
}

test.each([
  "plugins/data/images/worker.ts",
  "plugins/transforms/threads.ts",
  "plugins/transforms/augment-threads.ts",
  "plugins/transforms/pixels/index.ts",
])("threads that make pictures start at once: %s loads no tensor library, and neither schemas", async (entry) => {
  const heavy = [...(await packagesOf(entry))].filter((name) => /^(@tensorflow|zod|tsyringe|tapable)/.test(name));
  expect(heavy).toEqual([]);
});

test("sources load no decoder before they read a photograph: drawn images need none", async () => {
  expect(await packagesOf("plugins/data/index.ts", false)).not.toContain("sharp");
  expect(await packagesOf("plugins/data/index.ts")).toContain("sharp");
});

test("this would notice: the plugins' own index loads it", async () => {
  expect(await packagesOf("plugins/data/index.ts")).toContain("@tensorflow/tfjs");
});
