/** The package as strangers get it: packed, and unpacked in a project of theirs. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const repository = new URL("../..", import.meta.url).pathname;
const shipped = ["core", "plugins", "presets", "docs", "package.json", "tsconfig.json", "README.md", "LICENSE"];
const strangers = join(repository, "test/package/strangers");
const execute = promisify(execFile);

/** A project of strangers, without network: fgkd comes out of its tarball, what it depends on is that of the checkout. */
export interface Project {
  /** Everything temporary, to be removed. */
  readonly root: string;
  readonly folder: string;
  /** Of fgkd, unpacked. */
  readonly installed: string;
  /** Runs the command `fgkd` in it. @returns what it printed @throws when it fails */
  fgkd(...words: readonly string[]): Promise<string>;
  /** Compiles the strangers' TypeScript against the types of the package. @returns what the compiler finds */
  compile(settings: Readonly<Record<string, string>>): Promise<string>;
}

export async function packedProject(): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), "fgkd-strangers-"));
  const folder = join(root, "project");
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  // Whatever lies above the project is found from within.
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  await unpack(await pack(root), join(folder, "node_modules"));
  await symlink("../fgkd/dist/core/cli/main.js", join(folder, "node_modules/.bin/fgkd"));
  await cp(strangers, folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const installed = join(folder, "node_modules/fgkd");
  return {
    root,
    folder,
    installed,
    fgkd: async (...words) => {
      const { stdout, stderr } = await execute(join(folder, "node_modules/.bin/fgkd"), words, { cwd: folder });
      return stdout + stderr;
    },
    compile: async (settings) => {
      // TensorFlow.js has errors in its own declarations.
      const compilerOptions = { target: "es2022", strict: true, skipLibCheck: true, noEmit: true, ...settings };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
      const compiler = join(repository, "node_modules/typescript/bin/tsc");
      return execute(process.execPath, [compiler, "--project", folder], { cwd: folder }).then(
        ({ stdout }) => stdout,
        ({ stdout }: { readonly stdout: string }) => stdout,
      );
    },
  };
}

/**
 * Of a copy, since packing builds, and `dist` of the checkout may be in use.
 *
 * @param root with the checkout's `node_modules` in it, or in a folder above it
 * @returns the tarball's path, in `root`
 */
export async function pack(root: string): Promise<string> {
  const copy = join(root, "checkout");
  for (const name of shipped) await cp(join(repository, name), join(copy, name), { recursive: true });
  await execute("npm", ["pack", "--pack-destination", root], { cwd: copy });
  const tarball = (await readdir(root)).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack left no tarball");
  return join(root, tarball);
}

async function unpack(tarball: string, into: string): Promise<void> {
  await mkdir(join(into, "fgkd"));
  await execute("tar", ["xf", tarball, "--strip-components=1", "-C", join(into, "fgkd")]);
}
