/** What the runs of a table came to: on the terminal, and beside them as Markdown, HTML and JSON. */
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asJson,
  asMarkdown,
  asPage,
  type MadeWhere,
  type Plan,
  type PublishedTable,
  type RunOutcome,
  readReportedRun,
  tableOutcome,
} from "../../index.js";
import type { ReproduceArguments } from "../arguments.js";
import { type Environment, print } from "../environment.js";
import { shortPath } from "../train/run-place.js";
import { showTable } from "./reproduce-text.js";

/** Where runs have been made. */
export interface MadePlace {
  readonly preset: string;
  /** The folder of their folders. */
  readonly home: string;
  readonly given: ReproduceArguments;
  readonly environment: Environment;
  /** Of the last run that failed; else 0. */
  readonly exitCode: number;
}

/** @returns the exit code */
export async function tellTable(table: PublishedTable, plan: Plan, place: MadePlace): Promise<number> {
  const { home, given, environment, exitCode } = place;
  const outcome = tableOutcome(table, plan, given.seeds ?? [0], ({ made, column }, run) =>
    outcomeIn(join(home, run), { ...made, ...(column.stage !== undefined && { stage: column.stage }) }),
  );
  mkdirSync(home, { recursive: true });
  const documents = {
    md: asMarkdown(outcome),
    html: await asPage(outcome),
    json: `${JSON.stringify(asJson(outcome, madeWhere(plan, place)), null, 2)}\n`,
  };
  for (const [ending, text] of Object.entries(documents)) writeFileSync(join(home, `${table.name}.${ending}`), text);
  if (given.json) print(environment, documents.json.trimEnd());
  else {
    showTable(outcome, environment);
    const path = shortPath(join(home, table.name), environment.cwd);
    print(environment, `The same as ${path}.md, .html and .json; the runs lie beside them.`);
  }
  return exitCode;
}

/** What a finished run's stage came to. */
function outcomeIn(folder: string, { stage, measure }: Plan["cells"][number]["made"]): RunOutcome | undefined {
  if (!isFinished(folder)) return undefined;
  const { stages } = readReportedRun(folder, folder);
  const found = stage === undefined ? stages.at(-1) : stages.find((one) => one.stage === stage);
  const accuracy = measure === undefined ? found?.accuracy : found?.measured[measure];
  const { images } = found ?? {};
  return typeof accuracy === "number" && images !== undefined ? { accuracy, images } : undefined;
}

function isFinished(folder: string): boolean {
  return existsSync(join(folder, "result.json"));
}

/** By which engines, and until which day. */
function madeWhere({ runs }: Plan, { preset, home }: MadePlace): MadeWhere {
  const folders = runs.map(({ name }) => join(home, name)).filter(isFinished);
  const engines = new Set(folders.flatMap((folder) => readReportedRun(folder, folder).manifest?.engine ?? []));
  const last = Math.max(...folders.map((folder) => statSync(join(folder, "result.json")).mtimeMs));
  return {
    preset,
    ...(engines.size > 0 && { engine: [...engines].join(", ") }),
    ...(folders.length > 0 && { ended: new Date(last).toISOString().slice(0, 10) }),
  };
}
