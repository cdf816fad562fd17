/** Settings that a preset has for single published data sets, where the data is one of them. */
import { resolveConfig, type SettingsLayer } from "../config/config.js";
import { createTraining } from "../lifecycle/compose.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import { type Preset, presetLayers } from "./preset.js";
import { configurePreset } from "./preset-options.js";

/**
 * The layers with what the preset says of the set that its data is, below all of them: a scale, a file, the command say more. What is
 * wrong with the data is told by whoever opens it. Layers that have it already stay as they are, also where the data has moved.
 *
 * @param plugins beside the preset's, among which the source may be
 * @throws as `resolveConfig` does
 */
export async function withSetSettings(
  given: Preset,
  layers: readonly SettingsLayer[],
  plugins: readonly PluginOption[] = [],
): Promise<readonly SettingsLayer[]> {
  const preset = configurePreset(given, layers);
  const { name, sets = {} } = preset;
  const origins = new Map(Object.keys(sets).map((set) => [`preset ${name} (${set})`, set]));
  if (origins.size === 0 || layers.some(({ origin }) => origins.has(origin))) return layers;
  const { run } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  if (typeof run.data?.name !== "string") return layers;
  const { sources } = createTraining({ plugins: [preset.plugins, plugins] });
  if (!sources.names.includes(run.data.name)) return layers;
  const set = await sources.choose(run.data).recognise?.();
  const config = set && Object.hasOwn(sets, set) ? sets[set] : undefined;
  return config ? [{ origin: `preset ${name} (${set})`, config }, ...layers] : layers;
}
