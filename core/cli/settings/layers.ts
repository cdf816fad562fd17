/** The layers of settings that the command line lays over a preset. */
import { resolve } from "node:path";
import {
  type Config,
  configurePreset,
  invalidConfig,
  isReference,
  type Preset,
  type Scale,
  type SettingsLayer,
  teacherRole,
  unknownOption,
} from "../../index.js";
import type { RunArguments } from "../arguments.js";
import { dataPlaces } from "../data/data-places.js";
import { withAbsolutePaths } from "./absolute-paths.js";
import { parseSetting } from "./set-option.js";

/** The source that reads a user's own images. */
const folderSource = "folder";

/** What `--config` found, between the preset's scale and the options. */
export interface ConfigLayer {
  readonly origin: string;
  readonly config: Config;
}

/** Later ones count more: the scale, the config file, each option, each `--set`. */
export function commandLayers(
  preset: Preset,
  scale: Scale,
  file: ConfigLayer | null,
  options: RunArguments,
  cwd: string,
): readonly SettingsLayer[] {
  return [
    scaleLayer(preset, scale),
    ...(file ? [file] : []),
    ...optionLayers(preset, options, cwd),
    ...sourceLayers(options, sourceName(preset, scale, file, options), cwd),
    ...setLayers(options, cwd, preset),
  ];
}

/** What `--set` says, paths absolute as those of `--data` are; `variant` is short for the preset's option of that name. */
export function setLayers(
  { set = [] }: Pick<RunArguments, "set">,
  cwd: string,
  { name, variants }: Pick<Preset, "name" | "variants"> = { name: "" },
): readonly SettingsLayer[] {
  return set.map((text) => {
    const [key = ""] = text.split("=");
    const whole = variants && key === "variant" ? `options.${name}.${text}` : text;
    return { origin: `--set ${key}`, config: withAbsolutePaths(parseSetting(whole), cwd) };
  });
}

function scaleLayer(preset: Preset, scale: Scale): SettingsLayer {
  return { origin: `preset ${preset.name} (${scale})`, config: preset.scales?.[scale] ?? {} };
}

/**
 * The layers of a run that shall have more stages; what its scale says of the others, it says of them too.
 *
 * @param preset as the run had it
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG when they were more before
 */
export function grownLayers(preset: Preset, layers: readonly SettingsLayer[], count: number): readonly SettingsLayer[] {
  const more = countLayer(preset, count);
  const before = Number(preset.options?.[preset.grows as string]);
  if (count < before)
    throw invalidConfig(
      "--count",
      `the run has ${before} ${preset.grows} already`,
      "Ask for more, or start a new run.",
    );
  const grown = configurePreset(preset, [more]);
  const scales = [scaleLayer(grown, "demo"), scaleLayer(grown, "paper")];
  const said = layers.filter(({ origin }) => origin !== more.origin);
  return [...said.map((layer) => scales.find(({ origin }) => origin === layer.origin) ?? layer), more];
}

/** The scale that counts: as asked; else small without the user's own data, as published with it. */
export function chooseScale(file: ConfigLayer | null, { scale, data }: RunArguments): Scale {
  return scale ?? (data !== undefined || file?.config.data?.name === folderSource ? "paper" : "demo");
}

/** Options that say what a run is made of. */
export function optionLayers(preset: Preset, options: RunArguments, cwd: string): readonly SettingsLayer[] {
  const { data, teacher, count, epochs, batchSize, seed } = options;
  const layers: (SettingsLayer | false)[] = [
    data !== undefined && dataLayer(data, cwd),
    teacher !== undefined && { origin: "--teacher", config: readyTeacher(preset, teacher, cwd) },
    count !== undefined && countLayer(preset, count),
    epochs !== undefined && { origin: "--epochs", config: { epochs } },
    batchSize !== undefined && { origin: "--batch-size", config: { batchSize } },
    seed !== undefined && { origin: "--seed", config: { seed } },
    ...engineLayers(options),
  ];
  return layers.filter((layer) => layer !== false);
}

/** The option by which the preset grows. @throws FGKD_UNKNOWN_OPTION when it has none */
function countLayer({ name, grows, options = {} }: Preset, count: number): SettingsLayer {
  if (grows === undefined) throw unknownOption(`preset ${name}`, "count", Object.keys(options));
  return { origin: "--count", config: { options: { [name]: { [grows]: count } } } };
}

/** Threads and devices are options of engines: an engine that has none refuses them. */
export function engineLayers({
  engine,
  threads,
  device,
}: Pick<RunArguments, "engine" | "threads" | "device">): readonly SettingsLayer[] {
  return [
    ...(engine === undefined ? [] : [{ origin: "--engine", config: { engine } }]),
    ...(threads === undefined ? [] : [{ origin: "--threads", config: { engine: { threads } } as Config }]),
    ...(device === undefined ? [] : [{ origin: "--device", config: { engine: { device } } as Config }]),
  ];
}

/** What the command line says of a source, whichever it is. */
export type SourceOption = "workers" | "cache" | "onBadImage" | "crop";

/** Options of the source that is chosen already; settings name it again, since options mean nothing without a name. */
export function sourceLayers(
  { workers, cache, onBadImage, crop }: Pick<RunArguments, SourceOption>,
  name: string | undefined,
  cwd: string,
): readonly SettingsLayer[] {
  return [
    ...(workers === undefined ? [] : [{ origin: "--workers", config: ofData({ name, workers }) }]),
    ...(cache === undefined ? [] : [{ origin: "--cache", config: ofData({ name, cachePath: resolve(cwd, cache) }) }]),
    ...(onBadImage === undefined ? [] : [{ origin: "--on-bad-image", config: ofData({ name, onBadImage }) }]),
    ...(crop === undefined ? [] : [{ origin: "--crop", config: ofData({ name, crop }) }]),
  ];
}

function sourceName(
  preset: Preset,
  scale: Scale,
  file: ConfigLayer | null,
  { data }: RunArguments,
): string | undefined {
  if (data !== undefined) return folderSource;
  return (file?.config.data ?? preset.scales?.[scale]?.data ?? preset.defaults.data)?.name;
}

/** The user's images: a folder, or several sets in one. */
export function dataLayer(text: string, cwd: string, options: Readonly<Record<string, unknown>> = {}): SettingsLayer {
  const [first, ...others] = dataPlaces(text, cwd);
  const and = others.length > 0 ? { and: others } : {};
  return { origin: "--data", config: ofData({ name: folderSource, ...first, ...and, ...options }) };
}

function ofData(options: Readonly<Record<string, unknown>>): Config {
  // Options of a source are the source's own: its registry entry checks them.
  return { data: options } as Config;
}

/** A teacher that is trained already: its weights are loaded, the stages that would train it are passed over. */
function readyTeacher(preset: Preset, path: string, cwd: string): Config {
  const role = preset.teacher ?? teacherRole;
  const stages = Object.entries(preset.stages).filter(([, { trains }]) => trains === role);
  if (stages.length === 0 && !preset.defaults.models?.[role])
    throw invalidConfig("--teacher", `preset "${preset.name}" has no teacher`, "Leave --teacher out.");
  return {
    models: { [role]: { weights: isReference(path) ? path : resolve(cwd, path) } },
    stages: Object.fromEntries(stages.map(([name]) => [name, { enabled: false }])),
  };
}
