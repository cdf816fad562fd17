/** Settings that are given anew when a run is taken up: what may be corrected, the run folder decides. */
import { invalidConfig, type Preset, presetLayers, resolveConfig, type SettingsLayer } from "../index.js";
import type { RunArguments } from "./arguments.js";
import { optionLayers, type SourceOption, setLayers, sourceLayers } from "./settings/layers.js";

export type CorrectingArguments = Pick<RunArguments, "data" | "teacher" | SourceOption | "set">;

const origin = (layer: SettingsLayer) => `--resume ${layer.origin}`;

/**
 * What the options say, as layers over those of the run.
 *
 * @param preset as the run had it
 * @throws FGKD_INVALID_CONFIG for an engine, which is no setting of the method
 */
export function correctingLayers(
  preset: Preset,
  layers: readonly SettingsLayer[],
  { data, teacher, workers, cache, onBadImage, set }: CorrectingArguments,
  cwd: string,
): readonly SettingsLayer[] {
  const places = optionLayers(
    preset,
    { ...(data !== undefined && { data }), ...(teacher !== undefined && { teacher }) },
    cwd,
  );
  const all = [...presetLayers(preset), ...layers, ...places];
  const source = () => resolveConfig(Object.keys(preset.stages), all).run.data?.name;
  const given = { workers, cache, onBadImage };
  const isSaid = Object.values(given).some((value) => value !== undefined);
  const ofSource = isSaid ? sourceLayers(given, source(), cwd) : [];
  const said = [...places, ...ofSource, ...setLayers({ ...(set && { set }) }, cwd, preset)];
  for (const layer of said)
    if (layer.config.engine !== undefined)
      throw invalidConfig(layer.origin, "the engine of a run is no setting to correct", "Write --engine NAME --force.");
  return said.map((layer) => ({ ...layer, origin: origin(layer) }));
}

/** On top of what the run was asked for; a later correction takes the place of an earlier one of the same setting. */
export function withCorrections(
  layers: readonly SettingsLayer[],
  corrections: readonly SettingsLayer[],
): readonly SettingsLayer[] {
  const again = new Set(corrections.map((layer) => layer.origin));
  return [...layers.filter((layer) => !again.has(layer.origin)), ...corrections];
}
