/** Finds and reads `fgkd.config.*`. */
import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { cosmiconfig, type Loader } from "cosmiconfig";
import { checkPlain, FgkdError, invalidConfig, loadFailed, pathProblem } from "../index.js";
import type { Environment } from "./environment.js";
import type { LoadedSettings } from "./loaded-settings.js";
import type { Modules } from "./modules.js";
import { completePreset } from "./written-preset.js";

/** Where a config is looked for, in this order. */
const searchPlaces = [
  "fgkd.config.ts",
  "fgkd.config.js",
  "fgkd.config.mjs",
  "fgkd.config.json",
  "fgkd.config.yaml",
  "fgkd.config.yml",
  "package.json",
];

/** In bytes. Settings are small, also beside everything else a package.json holds. */
const largest = 2 ** 20;

export interface LoadedConfig {
  /** As the user would write it. */
  readonly origin: string;
  readonly path: string;
  readonly config: LoadedSettings;
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
  for (const place of path ? [path] : searchPlaces.filter((name) => name !== "package.json"))
    await refuseLarge(resolve(environment.cwd, place));
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
  const { preset, plugins, ...settings } = found.config;
  checkPlain(settings, origin);
  const completed = isRecord(preset) ? await completePreset(preset, origin, modules, environment) : preset;
  if (!isRecord(preset) && preset !== undefined && typeof preset !== "string")
    throw invalidConfig(origin, "preset is neither a name nor a preset", 'Write, for example, preset: "dadkd".');
  if (plugins !== undefined && !Array.isArray(plugins))
    throw invalidConfig(origin, "plugins is no list", 'Write plugins: ["name", "./file.ts"].');
  // The shape is all that can be checked here; resolveConfig checks every key and value.
  return { origin, path: found.filepath, config: { ...found.config, preset: completed } as LoadedSettings };
}

/** Whatever is that large, or no file, holds no settings. @throws FGKD_PATH */
async function refuseLarge(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  // What is not there is told of by whoever looks for it.
  if (!found) return;
  const file = "Name a file of settings with --config.";
  if (!found.isFile() && !found.isDirectory()) throw pathProblem(path, "is not a regular file", file);
  if (found.size > largest && found.isFile())
    throw pathProblem(path, `is ${found.size} bytes large, too much for settings`, file);
}

function theConfig(module: Readonly<Record<string, unknown>>): unknown {
  return module.default ?? null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
