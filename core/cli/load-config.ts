/** Finds and reads `fgkd.config.*`. */
import { relative, resolve } from "node:path";
import { cosmiconfig, type Loader } from "cosmiconfig";
import { type ConfigFile, FgkdError, invalidConfig, loadFailed, pathProblem } from "../index.js";
import type { Environment } from "./environment.js";
import type { Modules } from "./modules.js";

/** Where a config is looked for, in this order. */
export const searchPlaces = [
  "fgkd.config.ts",
  "fgkd.config.js",
  "fgkd.config.mjs",
  "fgkd.config.json",
  "fgkd.config.yaml",
  "fgkd.config.yml",
  "package.json",
];

export interface LoadedConfig {
  /** As the user would write it. */
  readonly origin: string;
  readonly path: string;
  readonly config: ConfigFile;
}

/**
 * The config file named, or the first of `searchPlaces` in the working directory (of `package.json`, its "fgkd" key).
 *
 * @returns `null` when none is named and none is there
 * @throws FGKD_PATH, FGKD_LOAD_FAILED, FGKD_INVALID_CONFIG
 */
export async function loadConfig(
  file: string | undefined,
  modules: Modules,
  environment: Environment,
): Promise<LoadedConfig | null> {
  const script: Loader = (path) => modules.file("config file", path).then(theConfig);
  const explorer = cosmiconfig("fgkd", {
    searchPlaces,
    searchStrategy: "none",
    loaders: { ".ts": script, ".mts": script, ".js": script, ".mjs": script, ".cjs": script },
  });
  const path = file === undefined ? undefined : resolve(environment.cwd, file);
  const found = await (path ? explorer.load(path) : explorer.search(environment.cwd)).catch((cause: unknown) => {
    if (cause instanceof FgkdError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw pathProblem(file ?? environment.cwd, "there is no such config file", `Make it, or leave --config out.`);
    throw loadFailed("config file", file ?? environment.cwd, cause);
  });
  if (!found || found.isEmpty) return null;
  const origin = relative(environment.cwd, found.filepath);
  if (!isRecord(found.config))
    throw invalidConfig(origin, "it does not hold an object of settings", "Export default defineConfig({ … }).");
  // The shape of an object is all that can be checked here; resolveConfig checks every key and value.
  return { origin, path: found.filepath, config: found.config as ConfigFile };
}

function theConfig(module: Readonly<Record<string, unknown>>): unknown {
  return module.default ?? null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
