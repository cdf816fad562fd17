/** What the user's project adds to what fgkd brings, for commands that run no preset. */
import { createRunScope, type RunScope } from "../index.js";
import type { Environment } from "./environment.js";
import { lineLogger } from "./environment.js";
import { loadConfig } from "./load-config.js";
import { builtInPlugins, loadPlugins } from "./load-plugins.js";
import { createModules } from "./modules.js";

/**
 * Everything that can be chosen by name here: what fgkd brings, and what the plugins of the project's configuration file
 * register. A project that cannot be loaded is told of, and left out: whoever looks for what is wrong must see the rest.
 */
export async function projectScope(environment: Environment): Promise<RunScope> {
  const listed = await projectPlugins(environment);
  return createRunScope([listed, await builtInPlugins([listed], environment)]);
}

async function projectPlugins(environment: Environment) {
  const modules = createModules(environment);
  try {
    const file = await loadConfig(undefined, modules, environment);
    return await loadPlugins(file?.config.plugins ?? [], modules, environment);
  } catch (cause) {
    lineLogger(environment).warn(`the plugins of this project are left out: ${(cause as Error).message}`);
    return [];
  }
}
