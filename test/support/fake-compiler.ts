/** Copies of the package's native parts, and a compiler that does what a test says. */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;

/**
 * @param folder of the part, with `build.mjs` and `native`
 * @param compiler a line of shell; `$out` is the file that it should make
 */
export async function createBuildPlace(folder: string, compiler: string) {
  const place = await mkdtemp(join(tmpdir(), "fgkd-build-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  for (const path of ["plugins/native/build.mjs", `${folder}/build.mjs`, `${folder}/native`]) {
    await mkdir(join(place, dirname(path)), { recursive: true });
    await cp(join(root, path), join(place, path), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(place, "node_modules"));
  const command = join(place, "compiler");
  await writeFile(command, `#!/bin/sh\necho "$*" >> ${place}/calls\nfor word; do out=$word; done\n${compiler}\n`);
  await chmod(command, 0o755);
  const build = async (...flags: string[]) => {
    const options = { env: { ...process.env, CXX: command, FGKD_ONEDNN_ADDON: "" } };
    const ended = await run(process.execPath, [join(place, folder, "build.mjs"), ...flags], options).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { readonly code: number; readonly stdout: string }) => error,
    );
    return { code: ended.code, lines: ended.stdout.trim().split("\n") };
  };
  return { place, build, calls: async () => (await readFile(join(place, "calls"), "utf8")).trim().split("\n") };
}
