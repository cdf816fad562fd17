/** A stage of a preset, composed with the settings of a scale: what its lists came out as. */
import {
  createTraining,
  type Preset,
  presetLayers,
  resolveConfig,
  type Services,
  type Settings,
} from "../../core/index.js";

/** At `paper` scale unless said otherwise. Opens and computes nothing. */
export function composeStage(
  preset: Preset,
  stage: string,
  scale: "paper" | "demo" = "paper",
  { services = {}, ...settings }: Partial<Settings> & { readonly services?: Partial<Services> } = {},
) {
  const layers = [...presetLayers(preset), { origin: scale, config: preset.scales?.[scale] ?? {} }];
  const config = resolveConfig(Object.keys(preset.stages), layers).stages[stage];
  if (!config) throw new Error(`${preset.name} has no stage "${stage}"`);
  const plugins = [preset.plugins, preset.stages[stage]?.plugins ?? []];
  return createTraining({ plugins, config: { ...config, ...settings }, stage, services });
}

/** The resolved options of what a stage lists, plugins and entries, by name; of a loss its weight too. */
export function optionsOf(preset: Preset, stage: string): Readonly<Record<string, unknown>> {
  const { plugins, chosen } = composeStage(preset, stage);
  return Object.fromEntries([
    ...plugins.map(({ name, options }) => [name, options]),
    ...chosen.map(({ name, options, weight }) => [name, { ...options, ...(weight !== undefined && { weight }) }]),
  ]);
}

/** The names in a stage's lists, in the order in which they take their turns. */
export function entriesOf(preset: Preset, stage: string): readonly string[] {
  return composeStage(preset, stage).chosen.map(({ name }) => name);
}
