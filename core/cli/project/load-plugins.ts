/** Finds plugins by the names given in a config file. */
import { dirname, resolve } from "node:path";
import { flattenPlugins, loadFailed, type Plugin, type PluginOption, pathProblem } from "../../index.js";
import type { Environment } from "../environment.js";
import { absoluteFile } from "../settings/absolute-paths.js";
import type { LoadedSettings } from "../settings/loaded-settings.js";
import { suggestPackage } from "./installed-packages.js";
import { isFile, looksLikeFile, type Modules, packageNames } from "./modules.js";

/**
 * Plugins as they are, and those named: of a file (or of a config file that lists some), an observer that fgkd brings, or of the
 * package `fgkd-plugin-NAME` of the user's project. A named plugin has its default options: every function that its module
 * exports is called without any.
 *
 * @throws FGKD_LOAD_FAILED, FGKD_PATH
 */
export async function loadPlugins(
  plugins: readonly (PluginOption | string)[],
  modules: Modules,
  environment: Environment,
): Promise<readonly PluginOption[]> {
  return Promise.all(
    plugins.map((plugin) => (typeof plugin === "string" ? loadPlugin(plugin, modules, environment) : plugin)),
  );
}

/**
 * What every run is given unless its preset or its user lists it: every name that fgkd brings, for configuration to
 * choose.
 *
 * @param listed what the run has already
 */
export async function builtInPlugins(listed: PluginOption, environment: Environment): Promise<readonly Plugin[]> {
  const { catalogue } = await environment.load("fgkd/plugins");
  // fgkd's own module: `catalogue` lists its plugins.
  const own = flattenPlugins((catalogue as () => PluginOption)());
  const names = flattenPlugins(listed).map(({ name }) => name);
  return own.filter(({ name }) => !names.includes(name));
}

async function loadPlugin(name: string, modules: Modules, environment: Environment): Promise<PluginOption> {
  if (isFile(name, environment.cwd)) {
    const module = await modules.file("plugin", name);
    const config = module.default as LoadedSettings | null | undefined;
    const listed: unknown = config?.plugins;
    if (!Array.isArray(listed)) return pluginsOf(name, module);
    const folder = dirname(resolve(environment.cwd, name));
    const from = (plugin: PluginOption | string) =>
      typeof plugin === "string" ? absoluteFile(plugin, folder) : plugin;
    return loadPlugins(listed.map(from), modules, environment);
  }
  const own = await ownObserver(name, environment);
  if (own) return own;
  const names = looksLikeFile(name) ? [] : packageNames("plugin", name);
  for (const packageName of names) {
    const module = await modules.package("plugin", packageName);
    if (module) return pluginsOf(packageName, module);
  }
  if (names.length === 0)
    throw pathProblem(
      name,
      "no plugin is found: there is no such file",
      "Give the path of a file that exports plugins, from here, or the name of a package.",
    );
  const nearest = suggestPackage("plugin", name, environment.cwd);
  throw pathProblem(
    names.join(" or "),
    `no plugin is found under the name "${name}"`,
    `${nearest && `${nearest} If not: `}Install it in this project (npm install ${names[0]}), or give the path of its file.`,
  );
}

/** `tensorboard`, say: what acts by being listed, in stages of whatever method. */
async function ownObserver(name: string, environment: Environment): Promise<Plugin | undefined> {
  // fgkd's own module.
  const observers = (await environment.load("fgkd/plugins")).observers as Readonly<Record<string, () => Plugin>>;
  return Object.hasOwn(observers, name) ? observers[name]?.() : undefined;
}

/**
 * Every export that is a plugin, and what every factory makes when called without options; of an entry's definition only
 * what registers it, since configuration then chooses it by name.
 */
function pluginsOf(specifier: string, module: Readonly<Record<string, unknown>>): readonly Plugin[] {
  const made = [...new Set(Object.values(module))].map((value) => {
    try {
      if (typeof value !== "function") return value;
      return isPlugin((value as { registration?: unknown }).registration)
        ? (value as unknown as { readonly registration: Plugin }).registration
        : (value as () => unknown)();
    } catch (cause) {
      throw loadFailed("plugin", specifier, cause);
    }
  });
  const plugins = made.filter(isPlugin);
  if (plugins.length > 0) return plugins;
  throw loadFailed("plugin", specifier, new Error("it exports no plugin. Export one made with definePlugin()."));
}

function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== "object" || value === null) return false;
  const { name, apply, register } = value as Partial<Plugin>;
  return typeof name === "string" && (typeof apply === "function" || typeof register === "function");
}
