/** `fgkd reproduce PRESET TABLE`: the runs of a published table or figure, and what they come to beside it. */
import { join, resolve } from "node:path";
import { Option } from "commander";
import {
  invalidConfig,
  type Plan,
  type Preset,
  type PublishedTable,
  planFigure,
  planTable,
  unknownName,
} from "../../index.js";
import type { ReproduceArguments } from "../arguments.js";
import { collect, type Declaring } from "../declaring.js";
import type { Environment } from "../environment.js";
import { createModules } from "../project/modules.js";
import { loadPreset } from "../settings/load-preset.js";
import { whole } from "../settings/option-values.js";
import { showTables } from "./reproduce-text.js";
import { runAll } from "./run-all.js";
import { tellFigure } from "./tell-figure.js";
import { type MadePlace, tellTable } from "./tell-table.js";

/** @returns the exit code: that of the last run that failed */
async function reproduceCommand(
  name: string,
  asked: string | undefined,
  given: ReproduceArguments,
  environment: Environment,
): Promise<number> {
  const preset = await loadPreset(name, createModules(environment), environment);
  if (asked === undefined) return showTables(preset, environment);
  const { table, figure } = found(preset, asked);
  const { scale = "demo", seeds = [0], rows, epochs, data = [], fromScratch, set } = given;
  const wanted = {
    ...{ scale, seeds, epochs, fromScratch, isChanged: set !== undefined },
    ...(rows && { rows }),
    ...placesIn(data, table),
  };
  // A figure is of its table's runs, and finds those that there are.
  const home = resolve(environment.cwd, given.out ?? join("runs", `${preset.name}-${table.name}-${scale}`));
  // What the runs say would stand in the middle of a document.
  const training = given.json ? { ...environment, stdout: environment.stderr } : environment;
  const make = async <P extends Pick<Plan, "runs">>(plan: P, tell: (plan: P, place: MadePlace) => Promise<number>) => {
    const { stopped, exitCode } = await runAll(plan.runs, { home, given, environment: training });
    if (given.dryRun || stopped) return exitCode;
    return tell(plan, { preset: preset.name, home, given, environment, exitCode });
  };
  return figure
    ? make(planFigure(figure, table, wanted), (plan, place) => tellFigure(figure, plan, place))
    : make(planTable(table, wanted), (plan, place) => tellTable(table, plan, place));
}

/** The table of that name, or that whose runs the figure of that name shows. */
function found({ name, tables = [], figures = [] }: Preset, asked: string) {
  const figure = figures.find((one) => one.name === asked);
  const table = tables.find((one) => one.name === (figure?.table ?? asked));
  if (table) return { table, ...(figure && { figure }) };
  const known = [...tables, ...figures].map((one) => one.name);
  throw unknownName("table", asked, known, `fgkd reproduce ${name} lists them.`);
}

/** `cub=<folder>` is where that set of the table is; a place alone stands for all of them. */
function placesIn(data: readonly string[], { columns }: PublishedTable) {
  const named = data.flatMap((word) => {
    const [, key = "", place = ""] = /^([\w-]+)=(.+)$/.exec(word) ?? [];
    return columns.some((column) => column.data === key) ? [[key, place] as const] : [];
  });
  const [place, ...more] = data.filter((word) => !named.some(([key, at]) => word === `${key}=${at}`));
  if (place !== undefined && more.length + named.length > 0) {
    const sets = [...new Set(columns.map((column) => column.data))].join(", ");
    throw invalidConfig(
      "--data",
      `"${place}" stands beside others`,
      `Give one place for all columns, or name the set of each: ${sets}.`,
    );
  }
  return { places: Object.fromEntries(named), ...(place !== undefined && { place }) };
}

/** Its words and options. */
export function declareReproduce({ command, run, environment }: Declaring): void {
  command("reproduce", "make a table or figure of a publication, and say beside each number whether it came out")
    .argument("<preset>", "a preset that brings them")
    .argument("[table]", "which of them (default: list them)")
    .option(
      "-d, --data <place>",
      "your images, for every column; cub=<folder> for those about that set; repeatable",
      collect,
    )
    .option("--seeds <numbers>", "one run of each row for each, with commas (default: 0)", list(whole(0)))
    .option("--rows <names>", "of these rows alone, with commas (default: all that are fgkd's)", list(String))
    .addOption(new Option("--scale <scale>", "small, or as published").choices(["demo", "paper"]).default("demo"))
    .option(
      "-o, --out <folder>",
      "folder of the runs (default: runs/<preset>-<table>-<scale>); finished ones are not run again",
    )
    .option("--epochs <number>", "epochs of every stage", whole(0))
    .option("--from-scratch", "start from random weights where the publication started from ImageNet's")
    .option("--set <path=value>", "a setting of every run, beside what its row asks for; repeatable", collect)
    .option("--dry-run", "try two steps of every stage of every run, and keep nothing")
    .option("--json", "the table as JSON")
    .option("-e, --engine <name>", "compute engine (default: auto)")
    .option("--threads <number>", "threads of the engine (default: one per core; onednn has them)", whole(1))
    .action((preset: string, table: string | undefined, given: ReproduceArguments) =>
      run(reproduceCommand(preset, table, given, environment)),
    );
}

/** Several values, with commas between them. */
function list<T>(each: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(",").map((one) => each(one.trim()));
}
