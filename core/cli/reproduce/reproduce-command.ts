/** `fgkd reproduce PRESET TABLE`: the runs of a published table, and what they come to beside it. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Option } from "commander";
import {
  asJson,
  asMarkdown,
  asPage,
  invalidConfig,
  type Plan,
  type Preset,
  type PublishedTable,
  planTable,
  type RunOutcome,
  readReportedRun,
  tableOutcome,
  unknownName,
} from "../../index.js";
import type { ReproduceArguments } from "../arguments.js";
import { collect, type Declaring } from "../declaring.js";
import { type Environment, print } from "../environment.js";
import { createModules } from "../project/modules.js";
import { loadPreset } from "../settings/load-preset.js";
import { whole } from "../settings/option-values.js";
import { shortPath } from "../train/run-place.js";
import { showTable, showTables } from "./reproduce-text.js";
import { runAll } from "./run-all.js";

/** @returns the exit code: that of the last run that failed */
async function reproduceCommand(
  name: string,
  wanted: string | undefined,
  given: ReproduceArguments,
  environment: Environment,
): Promise<number> {
  const preset = await loadPreset(name, createModules(environment), environment);
  if (wanted === undefined) return showTables(preset, environment);
  const { table, plan, home } = planOf(preset, wanted, given, environment);
  // What the runs say would stand in the middle of a document.
  const training = given.json ? { ...environment, stdout: environment.stderr } : environment;
  const code = await runAll(plan.runs, { home, given, environment: training });
  return given.dryRun || code.stopped ? code.exitCode : tell(table, plan, home, given, environment, code.exitCode);
}

/** A table, the runs that it takes, and their folder. @throws FGKD_UNKNOWN_NAME, FGKD_INVALID_CONFIG */
export function planOf(preset: Preset, wanted: string, given: ReproduceArguments, { cwd }: Pick<Environment, "cwd">) {
  const { name, tables = [] } = preset;
  const table = tables.find((one) => one.name === wanted);
  const known = tables.map((one) => one.name);
  if (!table) throw unknownName("table", wanted, known, `fgkd reproduce ${name} lists them.`);
  const { scale = "demo", seeds = [0], rows, epochs, data = [] } = given;
  const plan = planTable(table, { scale, seeds, epochs, ...(rows && { rows }), ...placesIn(data, table) });
  return { table, plan, home: resolve(cwd, given.out ?? join("runs", `${name}-${table.name}-${scale}`)) };
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

/** Shows the table of what has ended, and leaves it in the folder of the runs. @returns the exit code */
export function tell(
  table: PublishedTable,
  plan: Plan,
  home: string,
  { seeds = [0], json }: ReproduceArguments,
  environment: Environment,
  exitCode: number,
): number {
  const outcome = tableOutcome(table, plan, seeds, ({ made, column }, run) =>
    outcomeIn(join(home, run), { ...made, ...(column.stage !== undefined && { stage: column.stage }) }),
  );
  mkdirSync(home, { recursive: true });
  const documents = {
    md: asMarkdown(outcome),
    html: asPage(outcome),
    json: `${JSON.stringify(asJson(outcome), null, 2)}\n`,
  };
  for (const [ending, text] of Object.entries(documents)) writeFileSync(join(home, `${table.name}.${ending}`), text);
  if (json) print(environment, documents.json.trimEnd());
  else {
    showTable(outcome, environment);
    const place = shortPath(join(home, table.name), environment.cwd);
    print(environment, `The same as ${place}.md, .html and .json; the runs lie beside them.`);
  }
  return exitCode;
}

/** What a finished run's stage came to. */
function outcomeIn(folder: string, { stage, measure }: Plan["cells"][number]["made"]): RunOutcome | undefined {
  if (!existsSync(join(folder, "result.json"))) return undefined;
  const { stages } = readReportedRun(folder, folder);
  const found = stage === undefined ? stages.at(-1) : stages.find((one) => one.stage === stage);
  const accuracy = measure === undefined ? found?.accuracy : found?.measured[measure];
  const { images } = found ?? {};
  return typeof accuracy === "number" && images !== undefined ? { accuracy, images } : undefined;
}

/** Its words and options. */
export function declareReproduce({ command, run, environment }: Declaring): void {
  command("reproduce", "make a table of a publication, and say beside each of its figures whether it came out")
    .argument("<preset>", "a preset that brings tables")
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
