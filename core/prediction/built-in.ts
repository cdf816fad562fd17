/** The plugins that fgkd brings, for whoever names none. */
import type { PluginOption } from "../lifecycle/plugin.js";

/** By its name, as packages of the project are loaded: the core knows no plugin. */
const own: string = "fgkd/plugins";

export async function builtInPlugins(): Promise<PluginOption> {
  const { catalogue } = await import(/* @vite-ignore */ own);
  // fgkd's own module: `catalogue` lists its plugins.
  return (catalogue as () => PluginOption)();
}
