/**
 * Before all tests: the source as JavaScript, file by file as the package has it, for the threads that tests start. A thread
 * that reads TypeScript takes five times as long to begin, and a run of a few steps has four of them.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { TestProject } from "vitest/node";

const root = new URL("../..", import.meta.url).pathname;

declare module "vitest" {
  interface ProvidedContext {
    /** Where the root of the checkout is, compiled. */
    readonly compiled: string;
  }
}

export async function setup({ provide }: TestProject): Promise<() => void> {
  // Inside the checkout, so that packages are found from there; of its own, since two may test at once.
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build/compiled-"));
  const files = ["core", "plugins"].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: "utf8" }).map((file) => join(top, file)),
  );
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((file) => file.endsWith(".ts")),
    outdir: folder,
    outbase: root,
    format: "esm",
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
  });
  provide("compiled", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
