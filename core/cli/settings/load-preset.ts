/** Finds a preset by the name given on the command line or in a config file. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { checkPreset, loadFailed, type Preset, pathProblem, unknownName } from "../../index.js";
import type { Environment } from "../environment.js";
import { suggestPackage } from "../project/installed-packages.js";
import { isFile, looksLikeFile, type Modules, packageNames } from "../project/modules.js";
import { loadConfig } from "./load-config.js";
import { type Written, withPathsOf } from "./written-preset.js";

/** A preset, and what a run can keep of it. */
export interface FoundPreset {
  readonly preset: Preset;
  /** Where it was written as data. */
  readonly written?: Written;
}

/** The preset alone. @throws as `findPreset` does */
export async function loadPreset(name: string, modules: Modules, environment: Environment): Promise<Preset> {
  return (await findPreset(name, modules, environment)).preset;
}

/**
 * A preset of fgkd's own; of the file of that name (or of a config file that holds one); or of the package
 * `fgkd-preset-NAME` of the user's project.
 *
 * @param folder from which a preset in code means its relative paths. Default: the working directory
 * @throws FGKD_UNKNOWN_NAME, FGKD_LOAD_FAILED, FGKD_PATH for a file that is not there
 */
export async function findPreset(
  name: string,
  modules: Modules,
  environment: Environment,
  folder = environment.cwd,
): Promise<FoundPreset> {
  const own = await builtInPresets(environment);
  const found = own.find((preset) => preset.name === name);
  if (found) return { preset: found };
  if (isSettings(name, environment.cwd)) return presetOf(name, modules, environment);
  if (isFile(name, environment.cwd)) {
    const preset = onlyPreset(name, await modules.file("preset", name));
    return { preset: withPathsOf(preset, folder) };
  }
  if (looksLikeFile(name))
    throw pathProblem(
      name,
      "no preset is found: there is no such file",
      "Give the path of a file that exports a preset, from here, or a name of fgkd list.",
    );
  const names = packageNames("preset", name);
  for (const packageName of names) {
    const module = await modules.package("preset", packageName);
    if (module) return { preset: withPathsOf(onlyPreset(packageName, module), folder) };
  }
  const nearest = suggestPackage("preset", name, environment.cwd);
  throw unknownName(
    "preset",
    name,
    own.map((preset) => preset.name),
    names.length > 0
      ? `${nearest && `${nearest} `}If it comes from a package, install that in this project: npm install ${names[0]}.`
      : undefined,
  );
}

/** Whether it is a file of settings, not code. */
function isSettings(name: string, cwd: string): boolean {
  return /\.(ya?ml|json)$/.test(name) && existsSync(resolve(cwd, name));
}

/** The preset that is written in a configuration file, or the one that it names. */
async function presetOf(file: string, modules: Modules, environment: Environment): Promise<FoundPreset> {
  const found = await loadConfig(file, modules, environment);
  const preset = found?.config.preset;
  if (preset === undefined)
    throw loadFailed("preset", file, new Error("it says no preset. Write preset: { stages: … }."));
  if (typeof preset === "string") return findPreset(preset, modules, environment);
  return { preset, ...(found?.written && { written: found.written }) };
}

/** The presets that fgkd brings, in the order of its index. */
export async function builtInPresets(environment: Environment): Promise<readonly Preset[]> {
  return Object.values(await environment.load("fgkd/presets")).filter(isPreset);
}

function onlyPreset(specifier: string, module: Readonly<Record<string, unknown>>): Preset {
  const config = module.default as { readonly preset?: unknown } | null | undefined;
  const presets = [...new Set([...Object.values(module), config?.preset].filter(isPreset))];
  const [preset] = presets;
  if (preset && presets.length === 1) {
    checkPreset(preset);
    return preset;
  }
  const problem =
    presets.length === 0 ? "it exports no preset" : `it exports ${presets.length} presets; one is expected`;
  throw loadFailed("preset", specifier, new Error(`${problem}. Export one made with definePreset().`));
}

export function isPreset(value: unknown): value is Preset {
  if (typeof value !== "object" || value === null) return false;
  const { name, plugins, stages } = value as Partial<Preset>;
  return typeof name === "string" && Array.isArray(plugins) && typeof stages === "object" && stages !== null;
}
