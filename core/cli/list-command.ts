/** `fgkd list`: presets, and every name that config may choose. */
import { createTraining, type PluginOption, type Training } from "../index.js";
import { colorsOf, type Environment, print, widthOf } from "./environment.js";
import { builtInPresets } from "./load-preset.js";
import { wrap } from "./text.js";

/** The registries of a training, as config speaks of them. */
const registries = {
  backbones: "models.<role>.backbone",
  augmenters: "in presets and plugins",
  losses: "in presets and plugins",
  ensemblers: "in presets and plugins",
  optimizers: "optimizer",
  transforms: "input.transforms",
  sources: "data",
  engines: "engine",
} as const satisfies Partial<Record<keyof Training, string>>;

/** @returns the exit code */
export async function listCommand(environment: Environment): Promise<number> {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const presets = await builtInPresets(environment);
  const training = await composeCatalogue(environment);
  const width = Math.max(...presets.map(({ name }) => name.length)) + 2;
  print(environment, colors.bold("presets"));
  for (const { name, summary } of presets) {
    const [first = "", ...rest] = wrap(summary, widthOf(stdout) - width - 2);
    print(environment, `  ${colors.cyan(name.padEnd(width))}${first}`);
    for (const line of rest) print(environment, `  ${"".padEnd(width)}${line}`);
  }
  for (const [registry, place] of Object.entries(registries) as [keyof typeof registries, string][]) {
    const { names } = training[registry];
    print(environment);
    print(environment, `${colors.bold(registry)} ${colors.dim(`(${place})`)}`);
    if (registry === "engines") await showEngines(training, environment);
    else for (const line of wrap(names.join(", ") || "none", widthOf(stdout) - 2)) print(environment, `  ${line}`);
  }
  return 0;
}

async function showEngines({ engines }: Training, environment: Environment): Promise<void> {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const width = Math.max(0, ...engines.names.map((name) => name.length)) + 2;
  for (const name of engines.names) {
    const check = await engines.choose({ name }).check();
    const state = check.available ? colors.green("can run here") : colors.dim("cannot run here: see fgkd doctor");
    print(environment, `  ${name.padEnd(width)}${state}`);
  }
}

/** Everything that fgkd's own plugins register. */
async function composeCatalogue(environment: Environment): Promise<Training> {
  const { catalogue } = await environment.load("fgkd/plugins");
  // fgkd's own module: `catalogue` lists its plugins.
  return createTraining({ plugins: [(catalogue as () => PluginOption)()] });
}
