/** `fgkd config`: every setting a run would have, and where each value comes from. */

import {
  checkRun,
  configJsonSchema,
  createTraining,
  type Plugin,
  presetLayers,
  type ResolvedConfig,
  resolveConfig,
  type Settings,
} from "../../index.js";
import type { ConfigArguments } from "../arguments.js";
import { type Declaring, withRunOptions } from "../declaring.js";
import { colorsOf, type Environment, lineLogger, print } from "../environment.js";
import { projectRegistries } from "../project/project.js";
import { table } from "../terminal/tables.js";
import { visibleJson } from "../terminal/text.js";
import { type ChosenRun, chooseRun } from "../train/choose-run.js";

/** A setting by its dotted path, as `--set` takes it. */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
  /** The layer that said so: `default`, `preset dadkd`, `fgkd.config.ts`, `--epochs`, … */
  readonly origin: string;
}

/** @returns the exit code */
async function configCommand(given: ConfigArguments, environment: Environment): Promise<number> {
  if (given.jsonSchema) {
    print(environment, JSON.stringify(configJsonSchema(await projectRegistries(environment)), null, 2));
    return 0;
  }
  const chosen = await chooseRun(given, environment);
  checkRun(chosen);
  const settings = listSettings(chosen);
  for (const words of resolve(chosen).renamed) lineLogger(environment).warn(words);
  if (given.json) print(environment, visibleJson(settings));
  else show(settings, chosen, environment);
  return 0;
}

function resolve({ preset, layers }: Pick<ChosenRun, "preset" | "layers">): ResolvedConfig {
  return resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
}

/** The run's settings, then what differs in each stage, then the options of its plugins. */
export function listSettings({
  preset,
  plugins,
  layers,
}: Pick<ChosenRun, "preset" | "plugins" | "layers">): readonly Setting[] {
  const config = resolve({ preset, layers });
  const { options: _, ...run } = config.run;
  const fromPreset = `preset ${preset.name}`;
  const general = [
    ...flatten(preset.options ?? {}, `options.${preset.name}.`).map((setting) => [...setting, fromPreset] as const),
    ...flatten(run).map((setting) => [...setting, "default"] as const),
  ].map(([path, value, otherwise]) => ({ path, value, origin: config.origins.get(path) ?? otherwise }));
  const stages = Object.entries(config.stages).flatMap(([stage, settings]) => [
    ...stageSettings(stage, settings, general, config),
    ...pluginSettings(stage, [preset.plugins, preset.stages[stage]?.plugins ?? [], plugins], settings, config),
  ]);
  return [...general, ...stages];
}

/** What a stage says otherwise than the run. */
function stageSettings(
  stage: string,
  settings: Settings,
  general: readonly Setting[],
  { origins }: ResolvedConfig,
): readonly Setting[] {
  const { options: _, models: __, seed: ___, engine: ____, ...own } = settings;
  const same = new Map(general.map(({ path, value }) => [path, JSON.stringify(value)]));
  return flatten(own)
    .filter(([path, value]) => same.get(path) !== JSON.stringify(value))
    .map(([path, value]) => {
      const full = `stages.${stage}.${path}`;
      return { path: full, value, origin: origins.get(full) ?? "default" };
    });
}

function pluginSettings(
  stage: string,
  plugins: Parameters<typeof createTraining>[0]["plugins"],
  settings: Settings,
  { origins }: ResolvedConfig,
): readonly Setting[] {
  const training = createTraining({ plugins, config: settings, stage });
  const listed = training.chosen.map(({ name, options, weight, list }) => ({
    name,
    options: { ...options, ...(weight !== undefined && { weight }) },
    from: origins.get(`stages.${stage}.${list}`) ?? list,
  }));
  const own = training.plugins.map(({ name, options = {} }: Plugin) => ({ name, options, from: "plugin" }));
  return [...own, ...listed].flatMap(({ name, options, from }) =>
    flatten(options).map(([option, value]) => {
      const path = `stages.${stage}.options.${name}.${option}`;
      return { path, value, origin: origins.get(path) ?? from };
    }),
  );
}

/** Leaves by dotted path; lists count as leaves. */
function flatten(value: object, prefix = ""): readonly (readonly [path: string, value: unknown])[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    return typeof inner === "object" && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0
      ? flatten(inner, `${path}.`)
      : [[path, inner] as const];
  });
}

/** A table for the run and one for each stage, whose paths are shortened to fit. */
function show(settings: readonly Setting[], { preset, scale }: ChosenRun, environment: Environment): void {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  const columns = [{ head: "setting" }, { head: "value" }, { head: "from" }] as const;
  print(environment, `preset ${colors.bold(preset.name)} at ${scale} scale; change settings with --set key=value`);
  for (const prefix of ["", ...Object.keys(preset.stages).map((stage) => `stages.${stage}.`)]) {
    const inside = settings.filter(({ path }) =>
      prefix === "" ? !path.startsWith("stages.") : path.startsWith(prefix),
    );
    if (inside.length === 0) continue;
    const rows = inside.map(({ path, value, origin }) => {
      const from = origin.replace(`preset ${preset.name}`, "preset");
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [path.slice(prefix.length), text, from === "default" ? colors.dim(from) : from];
    });
    print(environment);
    if (prefix !== "")
      print(environment, `${colors.cyan(`${prefix}…`)} where it differs, and the options of its plugins`);
    print(environment, table(columns, rows, stdout, variables));
  }
}

/** Its words and options. */
export function declareConfig({ command, run, environment }: Declaring): void {
  withRunOptions(command("config", "show every setting of a run, and where it comes from"))
    .option("--json", "as JSON")
    .option("--json-schema", "a JSON Schema of configuration files, for editors, instead")
    .action((given: ConfigArguments) => run(configCommand(given, environment)));
}
