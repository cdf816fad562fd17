/** Presets whose stages depend on options. */
import type { SettingsLayer } from "../config/config.js";
import { invalidConfig } from "../values/errors.js";
import { merge } from "../values/merge.js";
import { resolveOptions } from "../values/options.js";
import type { OptionsSchema } from "../values/schema.js";
import type { Preset } from "./preset.js";

/** A preset in parts, for `definePresetWithOptions`. */
export interface PresetDefinition<Options extends object>
  extends Pick<Preset, "name" | "summary" | "variants" | "tables" | "figures"> {
  /** One value per option, `null` where there is none. What is not here is refused. */
  readonly defaults: { readonly [K in keyof Options]-?: Options[K] };
  /** The option, a whole number, whose rise adds stages, and changes none of those before. Default: there is none. */
  readonly grows?: keyof Options & string;
  /** Throws `invalidOption` for values out of range. */
  check?(options: Required<Options>): void;
  /** Of `describeOptions`, which gives defaults and check too. */
  readonly schema?: OptionsSchema;
  /** The method with these options: data, as of any preset. */
  create(
    options: Required<Options>,
  ): Omit<Preset, "name" | "summary" | "variants" | "tables" | "figures" | "options" | "grows" | "configure">;
}

/**
 * A preset whose stages depend on options, for example on how many networks an ensemble has. It is used like any other;
 * config reaches the options by its name: `options: { "or-ensemble": { members: 3 } }`.
 */
export function definePresetWithOptions<Options extends object>(definition: PresetDefinition<Options>): Preset {
  const { name, summary, variants, tables, figures, defaults, grows, check, schema, create } = definition;
  const build = (given: Readonly<Record<string, unknown>>): Preset => {
    const options = resolveOptions<object>(`preset ${name}`, defaults, given) as Required<Options>;
    check?.(options);
    return {
      ...create(options),
      name,
      summary,
      ...(variants && { variants }),
      ...(tables && { tables }),
      ...(figures && { figures }),
      ...(grows && { grows }),
      ...(schema && { schema }),
      options: options as Readonly<Record<string, unknown>>,
      configure: (overrides) => build({ ...given, ...overrides }),
    };
  };
  return build({});
}

/**
 * The preset with the options that the layers give it. Idempotent; a preset without options stays as it is.
 *
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG (options of a preset for one of its stages)
 */
export function configurePreset(preset: Preset, layers: readonly SettingsLayer[]): Preset {
  const { name, configure } = preset;
  if (!configure) return preset;
  for (const { origin, config } of layers)
    for (const [stage, settings] of Object.entries(config.stages ?? {}))
      if (settings?.options?.[name])
        throw invalidConfig(
          origin,
          `stages.${stage}.options.${name} is for all stages`,
          `Set options.${name} instead.`,
        );
  return configure(
    layers.reduce<object>((below, { config }) => merge(below, config.options?.[name] ?? {}), {}) as Readonly<
      Record<string, unknown>
    >,
  );
}
