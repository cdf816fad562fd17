/** What a whole configuration file may say. */
import type { Config } from "../config/config.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import type { Preset } from "./preset.js";

/** A whole `fgkd.config.ts`. */
export type ConfigFile = Config & {
  /** A preset, or the name of one. */
  readonly preset?: string | Preset;
  /** Further plugins, or names of packages that export them; applied after the preset's, in every stage. */
  readonly plugins?: readonly (PluginOption | string)[];
};

/** The identity: there so that the editor completes `fgkd.config.ts`. */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}
