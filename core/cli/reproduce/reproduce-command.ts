/** `fgkd reproduce PRESET TABLE`: the runs of a published table or figure, and what they come to beside it. */
import { Option } from "commander";
import { type Plan, planFigure, planTable } from "../../index.js";
import type { ReproduceArguments } from "../arguments.js";
import { collect, type Declaring } from "../declaring.js";
import type { Environment } from "../environment.js";
import { createModules } from "../project/modules.js";
import { loadPreset } from "../settings/load-preset.js";
import { whole } from "../settings/option-values.js";
import { found, wantedOf } from "./choose-plan.js";
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
  const { wanted, home } = wantedOf(preset, table, given, environment);
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
