/** Names that settings give, of plugins, entries and roles: one that does not exist is told, and nothing is lost without a word. */
import type { ResolvedConfig } from "../config/config.js";
import { chooseTransforms } from "../data/prepared.js";
import { flattenPlugins, type PluginOption } from "../lifecycle/plugin.js";
import type { Registries } from "../lifecycle/registries.js";
import type { ComposedTraining } from "../lifecycle/training.js";
import { invalidConfig, noData, unknownName } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { isRecord } from "../values/unknown.js";
import { type Preset, presetLayers } from "./preset.js";
import { referenceIn } from "./weights-files.js";

/** Options for what no stage lists, or leaving out what is not there, would be lost without a word. @throws FGKD_UNKNOWN_NAME */
export function checkOptions(preset: Preset, config: ResolvedConfig, plugins: readonly PluginOption[]): void {
  const listed = flattenPlugins([preset.plugins, plugins, Object.values(preset.stages).map((stage) => stage.plugins)]);
  const all = [config.run, ...Object.values(config.stages)];
  const entries = all.flatMap(({ augmenters, teachers, losses }) => [...augmenters, ...teachers, ...losses] as const);
  const names = [...listed, ...(entries as readonly { readonly name: string }[])].map(({ name }) => name);
  const known = [...new Set([...names, ...(preset.options ? [preset.name] : [])])];
  for (const { options, without } of all)
    for (const name of [...Object.keys(options), ...without])
      if (!known.includes(name)) throw unknownName("plugin", name, known);
}

/**
 * Looks up what the run will ask for by name: backbones, sources, transforms, the engine, each with its options.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG
 */
export function checkNames(
  preset: Preset,
  config: ResolvedConfig,
  registries: Pick<Registries, "backbones" | "engines">,
  trainings: readonly ComposedTraining[],
  logger: Logger,
): void {
  checkRoles(preset, config, trainings, logger);
  for (const [role, { backbone, weights }] of Object.entries(config.run.models)) {
    if (typeof backbone?.name !== "string")
      throw invalidConfig(`models.${role}`, "it has no backbone", `Name one: models.${role}.backbone.name.`);
    registries.backbones.look(backbone);
    referenceIn({ backbone, weights }, registries.backbones);
  }
  checkEngine(config.run.engine, registries.engines);
  for (const { config: own, sources, stage, transforms } of trainings) {
    if (own.data) {
      // Options alone, as `--workers` gives them, say nothing of where images come from.
      if (typeof own.data.name !== "string") throw noData(stage);
      sources.look(own.data);
    }
    for (const mode of ["train", "test"] as const) chooseTransforms(own.input, mode, transforms);
  }
}

/** What some engine is known by as well is told by whoever starts it: that one's name, and what it still needs. */
function checkEngine(choice: { readonly name: string }, engines: Registries["engines"]): void {
  if (choice.name === "auto") return;
  const isAlias = (name: string) => engines.choose({ name }).alsoCalled?.includes(choice.name.toLowerCase()) ?? false;
  if (engines.names.includes(choice.name) || !engines.names.some(isAlias)) engines.look(choice);
}

/**
 * A role that nobody asks for is a mistyped one. A plugin may ask for any model without saying so: where there is one, what
 * could be its own gets a word instead.
 *
 * @throws FGKD_UNKNOWN_NAME
 */
function checkRoles(
  preset: Preset,
  { run, origins }: ResolvedConfig,
  trainings: readonly ComposedTraining[],
  logger: Logger,
): void {
  const known = rolesOf(preset, trainings);
  const options = trainings.flatMap(({ chosen, plugins }) => [...chosen, ...plugins].map((part) => part.options));
  const named = new Set(options.flatMap(textsIn));
  const taps = trainings.some(({ plugins }) => plugins.some(({ apply }) => apply));
  for (const [role, { backbone }] of Object.entries(run.models)) {
    const origin = origins.get(`models.${role}.backbone.name`);
    if (known.includes(role) || origin?.startsWith(`preset ${preset.name}`)) continue;
    if (backbone && named.has(role)) continue;
    const unknown = unknownName("model role", role, known);
    if (!backbone || !taps) throw unknown;
    logger.warn(`models.${role} is used only if a plugin asks for it unsaid: ${unknown.message}`);
  }
}

/** Those that the preset speaks of, and those whose models an entry of a stage needs. */
function rolesOf(preset: Preset, trainings: readonly ComposedTraining[]): readonly string[] {
  const said = presetLayers(preset).flatMap(({ config }) => Object.keys(config.models ?? {}));
  const trained = Object.values(preset.stages).map(({ trains }) => trains);
  const needed = trainings.flatMap((training) =>
    training.chosen.flatMap(({ list, name, options }) => training[list].look({ name, ...options }).needs.models ?? []),
  );
  return [...new Set([...said, ...trained, ...needed])];
}

/** Every text in a value: an option that names a role is one of them. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : [];
}
