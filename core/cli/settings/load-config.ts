/** Finds and reads `fgkd.config.*`. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, relative, resolve } from "node:path";
import { defaultLoaders } from "cosmiconfig";
import { checkPlain, FgkdError, invalidConfig, loadFailed, pathProblem, readFailed } from "../../index.js";
import { type Environment, lineLogger } from "../environment.js";
import { isFile, type Modules } from "../project/modules.js";
import { absoluteFile } from "./absolute-paths.js";
import type { LoadedSettings } from "./loaded-settings.js";
import { completePreset, keptPreset, type Written, writtenIn } from "./written-preset.js";

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
  /** The preset that is written in it, where that is plain data. */
  readonly written?: Written;
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
  const path = file === undefined ? undefined : resolve(environment.cwd, file);
  for (const place of path ? [path] : searchPlaces.filter((name) => name !== "package.json"))
    await refuseLarge(resolve(environment.cwd, place));
  const found = await (path ? read(path, modules) : search(environment.cwd, modules)).catch((cause: unknown) => {
    if (cause instanceof FgkdError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw pathProblem(file ?? environment.cwd, "there is no such config file", `Make it, or leave --config out.`);
    throw loadFailed("config file", file ?? environment.cwd, cause);
  });
  if (!found) return null;
  const origin = relative(environment.cwd, found.filepath);
  if (!isRecord(found.config))
    throw invalidConfig(origin, "it does not hold an object of settings", "Export default defineConfig({ … }).");
  const { preset, plugins, $schema: _, ...settings } = found.config;
  // In YAML one list may stand in many places, and lists of such lists unfold without end. Code has functions.
  checkPlain(isScript(found.filepath) ? settings : found.config, origin);
  checkNesting(plugins, origin);
  const folder = dirname(found.filepath);
  const nameOf = (name: string) => namedIn(origin, name, folder, environment);
  const written = isRecord(preset) ? writtenIn(preset, origin, folder, nameOf) : undefined;
  const given = typeof preset === "string" ? nameOf(preset) : preset;
  const completed = written ? await completePreset(written, modules, environment) : given;
  if (!isRecord(preset) && preset !== undefined && typeof preset !== "string")
    throw invalidConfig(origin, "preset is neither a name nor a preset", 'Write, for example, preset: "dadkd".');
  if (plugins !== undefined && !Array.isArray(plugins))
    throw invalidConfig(origin, "plugins is no list", 'Write plugins: ["name", "./file.ts"].');
  // The shape is all that can be checked here; resolveConfig checks every key and value.
  const named = Array.isArray(plugins) && {
    plugins: plugins.map((one) => (typeof one === "string" ? nameOf(one) : one)),
  };
  const config = { ...settings, ...named, preset: completed } as LoadedSettings;
  const kept = written && keptPreset(written);
  return { origin, path: found.filepath, config, ...(kept && { written: kept }) };
}

/**
 * What a file of data or code holds, read as settings are: YAML, JSON, or the default export of JavaScript or TypeScript.
 *
 * @throws FGKD_PATH where it is not there, or too large; FGKD_LOAD_FAILED; FGKD_INVALID_CONFIG for what is no plain data
 */
export async function readPlainFile(what: string, path: string, modules: Modules): Promise<unknown> {
  await refuseLarge(path);
  const found = await read(path, modules, what).catch((cause: unknown) => {
    if (cause instanceof FgkdError) throw cause;
    throw (cause as NodeJS.ErrnoException).syscall === undefined
      ? loadFailed(what, path, cause)
      : readFailed(path, cause);
  });
  checkPlain(found?.config ?? null, path);
  return found?.config ?? null;
}

interface Found {
  readonly filepath: string;
  readonly config: unknown;
}

/** What a file holds; `null` where it is empty. Data is read as data alone, without what it might want to import. */
async function read(path: string, modules: Modules, what = "config file"): Promise<Found | null> {
  const text = await readFile(path, "utf8");
  if (text.trim() === "") return null;
  const ending = extname(path) || "noExt";
  const reader = defaultLoaders[ending as keyof typeof defaultLoaders];
  const isCode = isScript(path);
  if (!isCode && !reader) throw new Error(`no file of settings ends in ${ending}: write JSON, YAML or TypeScript`);
  const value: unknown = isCode ? theConfig(await modules.file(what, path)) : reader(path, text);
  const config = basename(path) === "package.json" ? (value as Partial<Record<string, unknown>> | null)?.fgkd : value;
  return config === null || config === undefined ? null : { filepath: path, config };
}

function isScript(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

/** The first of the places that holds something. */
async function search(folder: string, modules: Modules): Promise<Found | null> {
  for (const name of searchPlaces) {
    const found = await read(resolve(folder, name), modules).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT" || cause.code === "EISDIR") return null;
      throw cause;
    });
    if (found) return found;
  }
  return null;
}

/** A file is meant from where the one lies that names it. From the working directory, as until 0.1, for one version. */
function namedIn(origin: string, name: string, folder: string, environment: Environment): string {
  if (isFile(name, folder) || !isFile(name, environment.cwd)) return absoluteFile(name, folder);
  lineLogger(environment).warn(
    `${origin}: "${name}" is meant from where that file lies now; the working directory counts until the next version.`,
  );
  return resolve(environment.cwd, name);
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

/** Lists of plugins may lie in one another, but not in themselves. @throws FGKD_INVALID_CONFIG */
function checkNesting(plugins: unknown, origin: string): void {
  let seen = 0;
  const walk = (value: unknown, depth: number) => {
    if (++seen > 10_000 || depth > 32)
      throw invalidConfig(origin, "plugins holds lists without end", "List each plugin once.");
    if (Array.isArray(value)) for (const inner of value) walk(inner, depth + 1);
  };
  walk(plugins, 0);
}

function theConfig(module: Readonly<Record<string, unknown>>): unknown {
  return module.default ?? null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
