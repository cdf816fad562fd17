/** `fgkd list`: presets, and every name that config may choose. */

import { Argument } from "commander";
import type { Registries } from "../../index.js";
import type { Declaring } from "../declaring.js";
import { colorsOf, type Environment, print, widthOf } from "../environment.js";
import { enginesOf, projectRegistries } from "../project/project.js";
import { builtInPresets } from "../settings/load-preset.js";
import { wrap } from "../terminal/text.js";
import { listVariants } from "./list-variants.js";
import { listWeights } from "./list-weights.js";

/** The registries of a run, as config speaks of them. */
const registries = {
  backbones: "models.<role>.backbone",
  augmenters: "augmenters, of a stage",
  teachers: "teachers, of a stage",
  losses: "losses, of a stage",
  ensemblers: "in presets and plugins",
  optimizers: "optimizer",
  schedules: "optimizer.schedule",
  groups: "optimizer.groups",
  metrics: "evaluation.metrics",
  transforms: "input.transforms",
  sources: "data",
  engines: "engine",
} as const satisfies Partial<Record<keyof Registries, string>>;

/** @returns the exit code */
async function listCommand(environment: Environment): Promise<number> {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const presets = await builtInPresets(environment);
  const found = await projectRegistries(environment);
  const width = Math.max(...presets.map(({ name }) => name.length)) + 2;
  print(environment, colors.bold("presets"));
  for (const { name, summary } of presets) {
    const [first = "", ...rest] = wrap(summary, widthOf(stdout) - width - 2);
    print(environment, `  ${colors.cyan(name.padEnd(width))}${first}`);
    for (const line of rest) print(environment, `  ${"".padEnd(width)}${line}`);
  }
  for (const [registry, place] of Object.entries(registries) as [keyof typeof registries, string][]) {
    const { names } = found[registry];
    print(environment);
    print(environment, `${colors.bold(registry)} ${colors.dim(`(${place})`)}`);
    if (registry === "engines") await showEngines(found, environment);
    else for (const line of wrap(names.join(", ") || "none", widthOf(stdout) - 2)) print(environment, `  ${line}`);
  }
  return 0;
}

async function showEngines(found: Registries, environment: Environment): Promise<void> {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const engines = enginesOf(found);
  const width = Math.max(0, ...engines.map(({ name }) => name.length)) + 2;
  for (const engine of engines) {
    const check = await engine.check();
    const state = check.available ? colors.green("can run here") : colors.dim("cannot run here: see fgkd doctor");
    print(environment, `  ${engine.name.padEnd(width)}${state}`);
  }
}

/** What `fgkd list` shows on its own. */
const lists = { weights: listWeights, variants: listVariants } as const;

/** Its words and options. */
export function declareList({ command, run, environment }: Declaring): void {
  command("list", "list presets, and the names that config may choose")
    .addArgument(
      new Argument(
        "[what]",
        "weights: the public ones of each backbone; variants: rows of publications, by preset",
      ).choices(Object.keys(lists)),
    )
    .action((what?: keyof typeof lists) => run(what ? lists[what](environment) : listCommand(environment)));
}
