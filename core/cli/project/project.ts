/** What the user's project adds to what fgkd brings, for commands that run no preset. */
import { byPriority, createTraining, type Engine, type PluginOption, type Registries } from "../../index.js";
import { type Environment, lineLogger } from "../environment.js";
import { loadConfig } from "../settings/load-config.js";
import { builtInPlugins, loadPlugins } from "./load-plugins.js";
import { createModules } from "./modules.js";

/**
 * Everything that can be chosen by name here: what fgkd brings, and what the plugins of the project's configuration file
 * register. Where these do not load, a warning says why, and the rest is there.
 *
 * @param classes for which models are made. Default: none are made
 */
export async function projectRegistries(
  environment: Environment,
  classes: readonly string[] = [],
): Promise<Registries> {
  const own = async (listed: readonly PluginOption[]) =>
    createTraining({
      plugins: [...listed, ...(await builtInPlugins(listed, environment))],
      services: { classes },
    });
  try {
    return await own(await projectPlugins(environment));
  } catch (cause) {
    tellLeftOut(cause, environment);
    return own([]);
  }
}

/** Every plugin that these registries are made of. Those of the project that do not load are left out, too. */
export async function pluginsHere(environment: Environment): Promise<PluginOption> {
  const listed = await projectPlugins(environment).catch((cause: unknown) => {
    tellLeftOut(cause, environment);
    return [];
  });
  return [listed, await builtInPlugins(listed, environment)];
}

/** The engines among them, in the order in which `engine: "auto"` tries them. */
export function enginesOf({ engines }: Pick<Registries, "engines">): readonly Engine[] {
  return byPriority(engines.names.map((name) => engines.choose({ name } as { readonly name: string })));
}

/** What is told about a machine must not depend on a config file that is being written. */
function tellLeftOut(cause: unknown, environment: Environment): void {
  const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  lineLogger(environment).warn(`The plugins of this project are left out: ${reason}`);
}

async function projectPlugins(environment: Environment): Promise<readonly PluginOption[]> {
  const modules = createModules(environment);
  const file = await loadConfig(undefined, modules, environment);
  return loadPlugins(file?.config.plugins ?? [], modules, environment);
}
