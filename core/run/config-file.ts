/** What a whole configuration file may say. */
import type { AnyRole, AnyStage, PresetName, RolesOf, StagesOf, TypedConfig } from "../config/typed.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import type { Preset } from "./preset.js";

/** A preset whose stages and roles nobody has declared: an object, a file, a package by its full name. */
type Undeclared =
  | Preset
  | `${"." | ".." | ""}/${string}`
  | `${string}.${"ts" | "mts" | "js" | "mjs" | "yaml" | "yml" | "json"}`
  | `${"" | `@${string}/`}fgkd-preset-${string}`
  | `@${string}/${string}`;

/** What can be said under `preset`; `undefined` where the command line says it. */
type AnyPreset = PresetName | Undeclared | undefined;

type Settings<P> = P extends PresetName
  ? TypedConfig<StagesOf<P>, RolesOf<P>>
  : P extends undefined
    ? TypedConfig<AnyStage, AnyRole>
    : TypedConfig<string, string>;

/**
 * A whole `fgkd.config.ts`. With a preset by name, only its stages and roles are known; with none, those of all; with a
 * preset that nobody has declared, any. What is declared in `Presets`, `Plugins`, and the interfaces of the registries is
 * checked with its options.
 */
export type ConfigFile<P extends AnyPreset = AnyPreset> = {
  /** A preset, or the name of one: fgkd's, a package's, a file's. */
  readonly preset?: P;
  /** Further plugins, or names of packages that export them; applied after the preset's, in every stage. */
  readonly plugins?: readonly (PluginOption | string)[];
} & Settings<P>;

/** The identity: there so that the editor completes `fgkd.config.ts`. */
export function defineConfig<const P extends AnyPreset = undefined>(config: ConfigFile<P>): ConfigFile<P> {
  return config;
}
