import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

test("a pipe for an output changes nothing about where packages are found that lie behind a link", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "fgkd-streams-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  const modules = await realpath(join(root, "node_modules"));
  await symlink(modules, join(folder, "node_modules"));
  // As JavaScript: who loads TypeScript has its own way of finding packages.
  const streams = await transform(await readFile(join(root, "core/cli/terminal/streams.ts"), "utf8"), { loader: "ts" });
  await writeFile(join(folder, "streams.mjs"), streams.code);
  const script = `import { openStreams } from "./streams.mjs"; openStreams(() => {}, String); console.log(import.meta.resolve("zod"));`;
  await writeFile(join(folder, "found.mjs"), script);
  // Both outputs of the process are pipes.
  const { stdout } = await promisify(execFile)(process.execPath, ["found.mjs"], { cwd: folder });
  expect(stdout).toContain(pathToFileURL(join(modules, "zod")).href);
});
