/** A preset that is written as data in a configuration file: what it leaves out is filled in, its plugins are loaded by name. */
import { checkPlain, checkPreset, type PluginOption, type Preset, type Stage } from "../../index.js";
import type { Environment } from "../environment.js";
import { loadPlugins } from "../project/load-plugins.js";
import type { Modules } from "../project/modules.js";
import { withAbsolutePaths } from "./absolute-paths.js";

/** A preset as somebody wrote it down: what it leaves out is filled in when it is completed. */
export type Written = Readonly<Record<string, unknown>>;

/**
 * The preset of a file: named after it where it says no name, with its paths absolute. What is already a preset stays one.
 *
 * @param origin the file
 * @param folder where it lies
 * @param nameOf makes the name of a plugin one that means the same everywhere
 */
export function writtenIn(preset: Written, origin: string, folder: string, nameOf: (name: string) => string): Written {
  const named = (listed: unknown) =>
    isList(listed) ? listed.map((one) => (typeof one === "string" ? nameOf(one) : one)) : listed;
  const absolute = (own: unknown): unknown => {
    if (!isRecord(own)) return own;
    const { plugins, ...rest } = own;
    return { ...withAbsolutePaths(rest, folder), ...("plugins" in own && { plugins: named(plugins) }) };
  };
  const { stages, ...rest } = preset;
  const name = preset.name ?? origin.replace(/^.*[\\/]|\.[^.]*$/g, "");
  const summary = preset.summary ?? `the method of ${origin}`;
  const said = { ...(absolute(rest) as Written), name, summary };
  return { ...said, stages: isRecord(stages) ? mapValues(stages, absolute) : stages };
}

/** The same where it is data, which a run can keep; `undefined` where it has parts that are code. */
export function keptPreset(written: Written): Written | undefined {
  try {
    checkPlain(written, "preset");
    return written;
  } catch {
    return undefined;
  }
}

/**
 * The preset. Without `plugins` it has none of its own: the command gives every run the names that fgkd brings, and a
 * method that combines known parts needs no more.
 *
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_NAME, and what loading a plugin throws
 */
export async function completePreset(written: Written, modules: Modules, environment: Environment): Promise<Preset> {
  const load = (listed: unknown): Promise<readonly PluginOption[]> =>
    loadPlugins(isList(listed) ? listed : [], modules, environment);
  const { plugins, stages } = written;
  const complete = {
    ...written,
    defaults: written.defaults ?? {},
    // What is no list is for the check to refuse.
    plugins: plugins === undefined || isList(plugins) ? await load(plugins) : plugins,
    stages: isRecord(stages) ? await mapped(stages, load) : stages,
  };
  // A preset once it is checked.
  checkPreset(complete as unknown as Preset);
  return complete as unknown as Preset;
}

/**
 * A preset in code with its paths absolute.
 *
 * @param folder from which they are meant: where the run begins, or that of the config file that holds the preset
 */
export function withPathsOf(preset: Preset, folder: string): Preset {
  const { defaults, scales, sets, stages, configure } = preset;
  const absolute = ({ plugins, ...stage }: Stage): Stage => ({
    ...withAbsolutePaths(stage, folder),
    ...(plugins && { plugins }),
  });
  return {
    ...preset,
    defaults: withAbsolutePaths(defaults, folder),
    ...(scales && { scales: withAbsolutePaths(scales, folder) }),
    ...(sets && { sets: withAbsolutePaths(sets, folder) }),
    stages: mapValues(stages, absolute),
    ...(configure && { configure: (options) => withPathsOf(configure(options), folder) }),
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

async function mapped(stages: Written, load: (listed: unknown) => Promise<unknown>): Promise<Written> {
  const entries = Object.entries(stages).map(async ([name, stage]) => {
    if (!isRecord(stage) || !isList(stage.plugins)) return [name, stage] as const;
    return [name, { ...stage, plugins: await load(stage.plugins) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function isList(value: unknown): value is readonly (PluginOption | string)[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Written {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
