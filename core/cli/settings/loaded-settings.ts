/** What a configuration file says, as the command reads it. */
import type { Config, PluginOption, Preset } from "../../index.js";

/** Whatever an editor would have thought of its names: `resolveConfig` checks them. */
export type LoadedSettings = Config & {
  readonly preset?: string | Preset;
  readonly plugins?: readonly (PluginOption | string)[];
};
