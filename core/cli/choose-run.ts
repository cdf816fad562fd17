/** From options to a run that can be composed: preset, plugins, layers, and the request that makes the same run again. */
import { resolve } from "node:path";
import {
  configurePreset,
  invalidConfig,
  type PluginOption,
  type Preset,
  type RunRequest,
  type Scale,
  type SettingsLayer,
} from "../index.js";
import { withAbsolutePaths } from "./absolute-paths.js";
import type { RunArguments } from "./arguments.js";
import type { Environment } from "./environment.js";
import { chooseScale, commandLayers, grownLayers } from "./layers.js";
import { type LoadedConfig, loadConfig } from "./load-config.js";
import { builtInPlugins, loadPlugins } from "./load-plugins.js";
import { isPreset, loadPreset } from "./load-preset.js";
import type { LoadedSettings } from "./loaded-settings.js";
import { createModules, isFile, type Modules } from "./modules.js";

export interface ChosenRun {
  readonly preset: Preset;
  /** Beside the preset's own. */
  readonly plugins: readonly PluginOption[];
  readonly layers: readonly SettingsLayer[];
  readonly request: RunRequest;
  readonly scale?: Scale;
}

/** @throws what looking up the preset, the plugins and the config file throws */
export async function chooseRun(options: RunArguments, environment: Environment): Promise<ChosenRun> {
  const modules = createModules(environment);
  const file = await loadConfig(options.config, modules, environment);
  const { preset: named, plugins: listed = [], ...config } = file?.config ?? ({} as LoadedSettings);
  const wanted = options.preset ?? named;
  if (wanted === undefined)
    throw invalidConfig(
      "fgkd train",
      "no preset is given",
      "Add --preset dadkd, or name another: fgkd list shows them.",
    );
  const found = isPreset(wanted) ? wanted : await loadPreset(wanted, modules, environment);
  const fileLayer = file && { origin: file.origin, config: withAbsolutePaths(config, file.path) };
  const scale = chooseScale(fileLayer, options);
  const layersOf = (preset: Preset) => commandLayers(preset, scale, fileLayer, options, environment.cwd);
  // What a scale says may depend on the preset's options: of how many models it speaks.
  const preset = configurePreset(found, layersOf(found));
  const layers = layersOf(preset);
  return {
    preset,
    plugins: await withBuiltIn(preset, await loadPlugins(listed, modules, environment), environment),
    layers,
    scale,
    request: {
      preset: isPreset(wanted) ? (file as LoadedConfig).path : lasting(wanted, environment.cwd),
      plugins: specifiers(listed, file, environment.cwd),
      layers,
    },
  };
}

/**
 * The run that a run folder was made for.
 *
 * @param count by which the preset grows, more than it had; then the request is a new one
 */
export async function chooseAgain(old: RunRequest, environment: Environment, count?: number): Promise<ChosenRun> {
  const modules: Modules = createModules(environment);
  const found = await loadPreset(old.preset, modules, environment);
  const before = configurePreset(found, old.layers);
  const request = count === undefined ? old : { ...old, layers: grownLayers(before, old.layers, count) };
  const preset = configurePreset(found, request.layers);
  const plugins = await loadPlugins(request.plugins, modules, environment);
  return { preset, plugins: await withBuiltIn(preset, plugins, environment), layers: request.layers, request };
}

async function withBuiltIn(preset: Preset, plugins: readonly PluginOption[], environment: Environment) {
  return [...plugins, ...(await builtInPlugins([preset.plugins, plugins], environment))];
}

/** What a later process can load the same plugins by; plugins that are values are found in their config file. */
function specifiers(listed: NonNullable<LoadedSettings["plugins"]>, file: LoadedConfig | null, cwd: string) {
  const isNamed = (plugin: unknown): plugin is string => typeof plugin === "string";
  return listed.every(isNamed) ? listed.map((name) => lasting(name, cwd)) : [(file as LoadedConfig).path];
}

function lasting(name: string, cwd: string): string {
  return isFile(name, cwd) ? resolve(cwd, name) : name;
}
