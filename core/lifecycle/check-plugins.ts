/** Plugins come from files that anybody wrote: what they must be is checked where they enter, and what they throw is named. */

import { guarded } from "../registries/guarded.js";
import { invalidConfig, notComposed } from "../values/errors.js";
import { checkName } from "../values/names.js";
import { isRecord } from "../values/unknown.js";
import { show } from "../values/words.js";
import type { Plugin, RunScope, Training } from "./training.js";

/**
 * The plugins, with the options that config overrides.
 *
 * @param overrides by plugin name
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_NAME, FGKD_PLUGIN_FAILED, and what a plugin says of its options
 */
export function configurePlugins(
  plugins: readonly Plugin[],
  overrides: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly Plugin[] {
  return plugins.map(checkPlugin).map((plugin) => {
    const given = Object.hasOwn(overrides, plugin.name) ? overrides[plugin.name] : undefined;
    if (!given || !plugin.configure) return plugin;
    return guarded(plugin.name, "configure", () => checkPlugin(plugin.configure?.(given) ?? plugin));
  });
}

/** @throws FGKD_PLUGIN_FAILED, and what the plugin's own diagnostics are */
export function registerPlugin(plugin: Plugin, run: RunScope): void {
  atOnce(plugin, "register", () => plugin.register?.(run));
}

/** @throws FGKD_PLUGIN_FAILED, and what the plugin's own diagnostics are */
export function applyPlugin(plugin: Plugin, training: Training): void {
  atOnce(plugin, `apply (stage "${training.stage}")`, () => plugin.apply?.(training));
}

function atOnce(plugin: Plugin, action: string, act: () => unknown): void {
  guarded(plugin.name, action, () => {
    const result = act();
    if (!(result instanceof Promise)) return;
    // Its taps would come too late, and nobody would hear it fail.
    result.catch(() => {});
    throw notComposed(plugin.name, action, "it is asynchronous. Act at once, and await in hooks.setup");
  });
}

/**
 * Refuses what stands in a list of plugins and is none.
 *
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_NAME
 */
function checkPlugin(plugin: Plugin): Plugin {
  const { name, apply, register } = (isRecord(plugin) ? plugin : {}) as { readonly [K in keyof Plugin]?: unknown };
  if (typeof apply !== "function" && typeof register !== "function")
    throw invalidConfig("plugins", `${show(plugin)} is no plugin`, "List what definePlugin() makes.");
  checkName("plugin", name);
  return plugin;
}
