/** Loads what users bring: config files, presets and plugins, in JavaScript or TypeScript, from their project. */
import { existsSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti, type Jiti } from "jiti";
import { loadFailed, withinOwnTime } from "../../index.js";
import type { Environment } from "../environment.js";

/** What a user's file may import of ours; it is given this process's copies, wherever fgkd is installed. */
const shared = ["fgkd", "fgkd/layers", "fgkd/ops", "fgkd/plugins", "fgkd/presets", "@tensorflow/tfjs"];

/** Loads modules as if from a file in the environment's working directory. */
export interface Modules {
  /** @throws FGKD_LOAD_FAILED */
  file(what: string, path: string): Promise<Readonly<Record<string, unknown>>>;
  /** `null` when no such package is installed. @throws FGKD_LOAD_FAILED */
  package(what: string, name: string): Promise<Readonly<Record<string, unknown>> | null>;
  /** All that were loaded so far. */
  readonly loaded: readonly FoundModule[];
}

/** A module that was asked for. */
export interface FoundModule {
  /** `plugin`, `preset`, `config file`. */
  readonly what: string;
  /** As it was asked for: a path, or the name of a package. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly isPackage: boolean;
}

export interface ModuleOptions {
  /** Where packages are looked for before the working directory. Default: nowhere else. */
  readonly from?: string;
  /** Told of each module before it is loaded; what it throws is thrown instead of loading. */
  readonly before?: (found: FoundModule) => void;
}

/**
 * @param patience seconds that a module may take: one that awaits for ever would otherwise end the process without
 *   a word, since nothing is left to wait for
 */
export function createModules(
  environment: Environment,
  patience = 120,
  { from = environment.cwd, before }: ModuleOptions = {},
): Modules {
  const here = (folder: string) => join(folder, "fgkd.config.ts");
  const loaded: FoundModule[] = [];
  let jiti: Promise<Jiti> | undefined;
  const start = async () =>
    createJiti(here(environment.cwd), {
      interopDefault: false,
      fsCache: false,
      virtualModules: await loadShared(environment),
    });
  const load = async (found: FoundModule) => {
    before?.(found);
    loaded.push(found);
    jiti ??= start();
    const release = holdExit();
    try {
      const work = (await jiti).import<Readonly<Record<string, unknown>>>(found.file);
      return await withinOwnTime(work, patience, () => new Error(neverEnds(patience)));
    } catch (cause) {
      throw loadFailed(found.what, found.name, cause);
    } finally {
      release();
    }
  };
  return {
    loaded,
    file: (what, name) => load({ what, name, file: resolve(environment.cwd, name), isPackage: false }),
    package: async (what, name) => {
      jiti ??= start();
      const resolver = await jiti;
      const lookIn = (folder: string) => resolver.esmResolve(name, { try: true, parentURL: here(folder) });
      const found = lookIn(from) ?? lookIn(environment.cwd);
      if (!found) return null;
      const file = found.startsWith("file:") ? fileURLToPath(found) : found;
      return load({ what, name, file, isPackage: true });
    },
  };
}

/** What is loaded may not end the process: the run would be over without a word. Returns how to allow it again. */
function holdExit(): () => void {
  const { exit } = process;
  const held = (code?: number | string | null): never => {
    throw new Error(
      `it calls process.exit(${code ?? ""}). Take that out: a file of settings or plugins only says what to use`,
    );
  };
  process.exit = held;
  // What is imported from node:process is a copy.
  syncBuiltinESMExports();
  // Several may be loaded at once: whoever held it last gives it back to the one before.
  return () => {
    if (process.exit === held) process.exit = exit;
    syncBuiltinESMExports();
  };
}

function neverEnds(seconds: number): string {
  return `it has not come to its end after ${seconds} s. A module must not await what never comes`;
}

/** Whether a name on the command line means a file: `./mine.ts`, `presets/mine.js`, `mine.yaml`, `/home/me/mine.ts`. */
export function isFile(name: string, cwd: string): boolean {
  return looksLikeFile(name) && existsSync(resolve(cwd, name));
}

/** Whether a name can only mean a file, there or not. */
export function looksLikeFile(name: string): boolean {
  return isAbsolute(name) || /^\.{1,2}([\\/]|$)/.test(name) || /\.([cm]?[jt]s|ya?ml|json)$/.test(name);
}

/** A package, and perhaps a part of it. No part begins with a point, so that none leads out of `node_modules`. */
const packageName = /^(@[a-z\d~_-][\w.~-]*\/)?[a-z\d~_-][\w.~-]*(\/[a-z\d~_-][\w.~-]*)*$/i;

/**
 * The package names behind a short name: `birds` is `fgkd-preset-birds`, `@ann/birds` is `@ann/fgkd-preset-birds`.
 * A full name stands for itself. None for what cannot name a package.
 */
export function packageNames(kind: "preset" | "plugin", name: string): readonly string[] {
  const [, scope = "", bare = name] = /^(@[^/]+\/)?(.*)$/.exec(name) ?? [];
  const prefix = `fgkd-${kind}`;
  const full = bare.startsWith(prefix)
    ? name
    : scope && bare === ""
      ? `${scope}${prefix}`
      : `${scope}${prefix}-${bare}`;
  return packageName.test(full) ? [full] : [];
}

async function loadShared(environment: Environment): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries(
    await Promise.all(shared.map(async (name) => [name, await environment.load(name)] as const)),
  );
}
