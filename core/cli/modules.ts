/** Loads what users bring: config files, presets and plugins, in JavaScript or TypeScript, from their project. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { createJiti, type Jiti } from "jiti";
import { loadFailed } from "../index.js";
import type { Environment } from "./environment.js";

/** What a user's file may import of ours; it is given this process's copies, wherever fgkd is installed. */
const shared = ["fgkd", "fgkd/layers", "fgkd/ops", "fgkd/plugins", "fgkd/presets", "@tensorflow/tfjs"];

/** Loads modules as if from a file in the environment's working directory. */
export interface Modules {
  /** @throws FGKD_LOAD_FAILED */
  file(what: string, path: string): Promise<Readonly<Record<string, unknown>>>;
  /** `null` when no such package is installed. @throws FGKD_LOAD_FAILED */
  package(what: string, name: string): Promise<Readonly<Record<string, unknown>> | null>;
}

/**
 * @param patience milliseconds that a module may take: one that awaits for ever would otherwise end the process without
 *   a word, since nothing is left to wait for
 */
export function createModules(environment: Environment, patience = 120_000): Modules {
  const from = join(environment.cwd, "fgkd.config.ts");
  let jiti: Promise<Jiti> | undefined;
  const start = async () =>
    createJiti(from, { interopDefault: false, fsCache: false, virtualModules: await loadShared(environment) });
  const load = async (what: string, name: string, target: string) => {
    jiti ??= start();
    try {
      return await inTime((await jiti).import<Readonly<Record<string, unknown>>>(target), patience);
    } catch (cause) {
      throw loadFailed(what, name, cause);
    }
  };
  return {
    file: (what, path) => load(what, path, resolve(environment.cwd, path)),
    package: async (what, name) => {
      jiti ??= start();
      const found = (await jiti).esmResolve(name, { try: true });
      return found ? load(what, name, name) : null;
    },
  };
}

/** @throws when the promise is not settled after so many milliseconds */
async function inTime<T>(promise: Promise<T>, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = patience / 1000;
    const problem = `it has not come to its end after ${seconds} s. A module must not await what never comes`;
    timer = setTimeout(() => reject(new Error(problem)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whether a name on the command line means a file: `./mine.ts`, `presets/mine.js`, `/home/me/mine.ts`. */
export function isFile(name: string, cwd: string): boolean {
  return isPath(name) && existsSync(resolve(cwd, name));
}

/** Whether a name could only be that of a file or folder, though it is not there: no package is called so. */
export function looksLikeFile(name: string): boolean {
  return isPath(name) || /\.(ya?ml|json)$/.test(name);
}

function isPath(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}[\\/]/.test(name) || /\.[cm]?[jt]s$/.test(name);
}

/**
 * The package names behind a short name: `birds` is `fgkd-preset-birds`, `@ann/birds` is `@ann/fgkd-preset-birds`.
 * A full name stands for itself.
 */
export function packageNames(kind: "preset" | "plugin", name: string): readonly string[] {
  const [, scope = "", bare = name] = /^(@[^/]+\/)?(.*)$/.exec(name) ?? [];
  const prefix = `fgkd-${kind}`;
  if (bare.startsWith(prefix)) return [name];
  return scope && bare === "" ? [`${scope}${prefix}`] : [`${scope}${prefix}-${bare}`];
}

async function loadShared(environment: Environment): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries(
    await Promise.all(shared.map(async (name) => [name, await environment.load(name)] as const)),
  );
}
