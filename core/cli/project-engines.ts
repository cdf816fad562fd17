/** The engines that a run here could choose: fgkd's own and those that plugins of the project's config file register. */
import { createTraining, type Engine, type PluginOption, type Training } from "../index.js";
import { byPriority } from "./engine.js";
import { type Environment, lineLogger } from "./environment.js";
import { loadConfig } from "./load-config.js";
import { builtInPlugins, loadPlugins } from "./load-plugins.js";
import { createModules } from "./modules.js";

/** In the order in which `engine: "auto"` tries them. Where the project's plugins do not load, a warning says why. */
export async function projectEngines(environment: Environment): Promise<readonly Engine[]> {
  const { engines } = await composeProject(environment);
  return byPriority(engines.names.map((name) => engines.choose({ name } as { readonly name: string })));
}

/** The registry of them. */
export async function composeProject(environment: Environment): Promise<Pick<Training, "engines">> {
  const own = async (listed: readonly PluginOption[]) =>
    createTraining({ plugins: [...listed, ...(await builtInPlugins(listed, environment))] });
  try {
    return await own(await projectPlugins(environment));
  } catch (cause) {
    // What is told about a machine must not depend on a config file that is being written.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    lineLogger(environment).warn(`The plugins of this project are left out: ${reason}`);
    return own([]);
  }
}

async function projectPlugins(environment: Environment): Promise<readonly PluginOption[]> {
  const modules = createModules(environment);
  const file = await loadConfig(undefined, modules, environment);
  return loadPlugins(file?.config.plugins ?? [], modules, environment);
}
