/** Plugins: what they are, how their options are declared, how nested lists become one list. */

import { uncalledPlugin } from "../values/errors.js";
import { resolveOptions } from "../values/options.js";
import type { OptionsSchema } from "../values/schema.js";
import type { Plugin, RunScope, Training } from "./training.js";

/** Plugins, nested as you like, with gaps: `condition && plugin()`. */
export type PluginOption = Plugin | false | null | undefined | readonly PluginOption[];

/** A plugin in parts, for `definePlugin`. */
export interface PluginDefinition<Options extends object> {
  /** Kebab-case; names its taps, its errors and its place in config: `options: { "<name>": { … } }`. */
  readonly name: string;
  /** One value per option, `null` where there is no default. What is not here is refused. */
  readonly defaults: { readonly [K in keyof Options]-?: Options[K] };
  /** Throws `invalidOption` for values out of range. Called where the plugin is listed. */
  check?(options: Required<Options>): void;
  /** Of `describeOptions`, which gives defaults and check too. */
  readonly schema?: OptionsSchema;
  /** See `Plugin.provides`. */
  readonly provides?: Plugin["provides"];
  register?(run: RunScope, options: Required<Options>): void;
  apply?(training: Training, options: Required<Options>): void;
}

/**
 * A plugin factory whose options complete in the editor, are checked where it is listed, and can be overridden by
 * config.
 *
 * @example
 * const gentle = definePlugin<{ readonly weight?: number }>({
 *   name: "gentle",
 *   defaults: { weight: 1 },
 *   apply({ hooks }, { weight }) { hooks.loss.tap("gentle", (terms) => terms); },
 * });
 * gentle({ weight: 2 });
 */
export function definePlugin<Options extends object>(
  definition: PluginDefinition<Options>,
): (options?: Options) => Plugin {
  const { name, defaults, check, schema, provides, register, apply } = definition;
  const create = (given: Readonly<Record<string, unknown>>): Plugin => {
    const options = resolveOptions<object>(name, defaults, given) as Required<Options>;
    check?.(options);
    return {
      name,
      options: options as Readonly<Record<string, unknown>>,
      configure: (overrides) => create({ ...given, ...overrides }),
      ...(schema && { schema }),
      ...(provides && { provides }),
      ...(register && { register: (run) => register(run, options) }),
      ...(apply && { apply: (training) => apply(training, options) }),
    };
  };
  return (options) => create({ ...options });
}

/** One flat list, gaps dropped. */
export function flattenPlugins(plugins: PluginOption): readonly Plugin[] {
  if (!plugins) return [];
  // A factory has a name and an `apply` too, so that the compiler lets it pass; listed uncalled it would do nothing.
  if (typeof plugins === "function") throw uncalledPlugin((plugins as { readonly name: string }).name);
  return isList(plugins) ? plugins.flatMap(flattenPlugins) : [plugins];
}

// Array.isArray does not narrow read-only arrays.
function isList(plugins: Plugin | readonly PluginOption[]): plugins is readonly PluginOption[] {
  return Array.isArray(plugins);
}
