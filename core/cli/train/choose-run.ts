/** From options to a run that can be composed: preset, plugins, layers, and the request that makes the same run again. */
import { existsSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import {
  configurePreset,
  invalidConfig,
  type PluginOption,
  type Preset,
  pathProblem,
  type RunFolder,
  type RunRequest,
  type Scale,
  type SettingsLayer,
  withSetSettings,
} from "../../index.js";
import type { RunArguments } from "../arguments.js";
import { type CorrectingArguments, correctingLayers, withCorrections } from "../correcting.js";
import type { Environment } from "../environment.js";
import { builtInPlugins, loadPlugins } from "../project/load-plugins.js";
import { type OtherModules, otherModules, recordOf } from "../project/module-record.js";
import { createModules, type Modules } from "../project/modules.js";
import { guardRun } from "../project/trust.js";
import { absoluteFile, withAbsolutePaths } from "../settings/absolute-paths.js";
import { chooseScale, commandLayers, grownLayers } from "../settings/layers.js";
import { type LoadedConfig, loadConfig } from "../settings/load-config.js";
import { type FoundPreset, findPreset, isPreset } from "../settings/load-preset.js";
import type { LoadedSettings } from "../settings/loaded-settings.js";
import { completePreset, withPathsOf } from "../settings/written-preset.js";
import { type FoundTeacher, findTeacher } from "./teacher.js";

export interface ChosenRun {
  readonly preset: Preset;
  /** Beside the preset's own. */
  readonly plugins: readonly PluginOption[];
  readonly layers: readonly SettingsLayer[];
  readonly request: RunRequest;
  readonly scale?: Scale;
  /** Where `--teacher` named one: before it is used, it is to be kept. */
  readonly teacher?: FoundTeacher;
}

/** @throws what looking up the preset, the plugins and the config file throws */
export async function chooseRun(options: RunArguments, environment: Environment): Promise<ChosenRun> {
  const { cwd } = environment;
  const modules = createModules(environment);
  const file = await loadConfig(options.config, modules, environment);
  const { preset: named, plugins: inFile = [], ...config } = file?.config ?? ({} as LoadedSettings);
  const { plugin: asked = [] } = options;
  const wanted = options.preset ?? named;
  if (wanted === undefined)
    throw invalidConfig(
      "fgkd train",
      "no preset is given",
      "Add --preset dadkd, or name another: fgkd list shows them.",
    );
  const found = isPreset(wanted)
    ? writtenIn(wanted, file as LoadedConfig)
    : await findPreset(wanted, modules, environment);
  const fileLayer = file && { origin: file.origin, config: withAbsolutePaths(config, dirname(file.path)) };
  const scale = chooseScale(fileLayer, options);
  const { given, teacher } = await withTeacher(options, found.preset, environment);
  const layersOf = (preset: Preset) => commandLayers(preset, scale, fileLayer, given, cwd);
  // What a scale says may depend on the preset's options: of how many models it speaks.
  const preset = configurePreset(found.preset, layersOf(found.preset));
  const plugins = await withBuiltIn(
    preset,
    await loadPlugins([...inFile, ...asked], modules, environment),
    environment,
  );
  const layers = await withSetSettings(preset, layersOf(preset), plugins);
  return {
    preset,
    plugins,
    layers,
    scale,
    ...teacher,
    request: {
      preset: isPreset(wanted) ? (file as LoadedConfig).path : absoluteFile(wanted, cwd),
      plugins: [...specifiers(inFile, file, cwd), ...asked.map((name) => absoluteFile(name, cwd))],
      layers,
      from: cwd,
      ...(found.written && { written: found.written }),
      ...withModules(modules),
    },
  };
}

/** What may be said when a run is taken up again. */
export interface AgainArguments extends CorrectingArguments {
  /** By which the preset grows, more than it had. */
  readonly count?: number;
  /** Whether modules inside the run folder may run. */
  readonly trust?: boolean;
}

/** A run that was chosen before. Its request is a new one where something was said that it had not been asked for. */
export interface ChosenAgain extends ChosenRun {
  /** In what its modules are others than before. */
  readonly others: OtherModules;
  /** Whether settings are corrected. */
  readonly isCorrected: boolean;
}

/**
 * The run that a run folder was made for. Tells what code it loads for that.
 *
 * @throws FGKD_LOAD_FAILED for code inside the folder that is not trusted, and what choosing a run throws
 */
export async function chooseAgain(
  { path, request: old }: Pick<RunFolder, "path" | "request">,
  environment: Environment,
  given: AgainArguments = {},
): Promise<ChosenAgain> {
  const before = guardRun(path, given.trust ?? false, environment);
  const modules = createModules(environment, undefined, { ...(old.from && { from: old.from }), before });
  const found = await presetAgain(old, modules, environment);
  const asked = configurePreset(found, old.layers);
  const grown = given.count === undefined ? old.layers : grownLayers(asked, old.layers, given.count);
  const { given: correcting, teacher } = await withTeacher(given, found, environment);
  const corrections = correctingLayers(asked, grown, correcting, environment.cwd);
  const layers = withCorrections(grown, corrections);
  const preset = configurePreset(found, layers);
  const plugins = await loadPlugins(old.plugins, modules, environment);
  return {
    preset,
    plugins: await withBuiltIn(preset, plugins, environment),
    layers,
    ...teacher,
    request: { ...old, layers, ...withModules(modules) },
    others: otherModules(old.modules, modules.loaded),
    isCorrected: corrections.length > 0,
  };
}

/** The options with the file that their teacher is in. */
async function withTeacher<G extends Pick<RunArguments, "teacher">>(
  given: G,
  preset: Preset,
  environment: Environment,
) {
  if (given.teacher === undefined) return { given, teacher: {} };
  const teacher = await findTeacher(given.teacher, preset, environment);
  return { given: { ...given, teacher: teacher.file }, teacher: { teacher } };
}

/** As the run has kept it, or as it is found under its name. */
async function presetAgain(old: RunRequest, modules: Modules, environment: Environment): Promise<Preset> {
  if (old.written) return completePreset(old.written, modules, environment);
  if (isAbsolute(old.preset) && !existsSync(old.preset))
    throw pathProblem(
      old.preset,
      "is not there, and the run has its preset from it, in code",
      "Restore it: a run keeps a preset by itself only where that is written as data, in JSON or YAML.",
    );
  return (await findPreset(old.preset, modules, environment, old.from)).preset;
}

/** A preset that stands in a config file. */
function writtenIn(preset: Preset, { path, written }: LoadedConfig): FoundPreset {
  return { preset: withPathsOf(preset, dirname(path)), ...(written && { written }) };
}

async function withBuiltIn(preset: Preset, plugins: readonly PluginOption[], environment: Environment) {
  return [...plugins, ...(await builtInPlugins([preset.plugins, plugins], environment))];
}

function withModules({ loaded }: Modules): Pick<RunRequest, "modules"> {
  return loaded.length > 0 ? { modules: recordOf(loaded) } : {};
}

/** What a later process can load the same plugins by; plugins that are values are found in their config file. */
function specifiers(listed: NonNullable<LoadedSettings["plugins"]>, file: LoadedConfig | null, cwd: string) {
  const isNamed = (plugin: unknown): plugin is string => typeof plugin === "string";
  return listed.every(isNamed) ? listed.map((name) => absoluteFile(name, cwd)) : [(file as LoadedConfig).path];
}
