/** A preset that is written as data in a configuration file: what it leaves out is filled in, its plugins are loaded by name. */
import { checkPreset, type PluginOption, type Preset } from "../index.js";
import type { Environment } from "./environment.js";
import { loadPlugins } from "./load-plugins.js";
import type { Modules } from "./modules.js";

type Written = Readonly<Record<string, unknown>>;

/**
 * The preset. Without `plugins` it has none of its own: the command gives every run the names that fgkd brings, and a
 * method that combines known parts needs no more.
 *
 * @param written as it stands in the file; what is already a preset stays as it is
 * @param origin the file, for messages
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_NAME, and what loading a plugin throws
 */
export async function completePreset(
  written: Written,
  origin: string,
  modules: Modules,
  environment: Environment,
): Promise<Preset> {
  const load = (listed: unknown): Promise<readonly PluginOption[]> =>
    loadPlugins(isList(listed) ? listed : [], modules, environment);
  const { plugins, stages } = written;
  const complete = {
    ...written,
    name: written.name ?? origin.replace(/^.*[\\/]|\.[^.]*$/g, ""),
    summary: written.summary ?? `the method of ${origin}`,
    defaults: written.defaults ?? {},
    // What is no list is for the check to refuse.
    plugins: plugins === undefined || isList(plugins) ? await load(plugins) : plugins,
    stages: isRecord(stages) ? await mapped(stages, load) : stages,
  };
  // A preset once it is checked.
  checkPreset(complete as unknown as Preset);
  return complete as unknown as Preset;
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
