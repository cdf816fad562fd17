/** `fgkd sweep collect FILE`: what the tasks came to, with means over seeds. */
import {
  csvCell,
  groupBySeed,
  type Json,
  metricsOf,
  readReportedRun,
  type SeedGroup,
  type Spread,
  shortKeys,
  type TaskResult,
  valueText,
} from "../../index.js";
import { lineLogger, print } from "../environment.js";
import { tellTable } from "../reproduce/tell-table.js";
import { table } from "../terminal/tables.js";
import { count, visibleJson } from "../terminal/text.js";
import type { LoadedSweep } from "./load-sweep.js";
import { seeTasks } from "./task-state.js";

/** @returns the exit code */
export async function collectResults(sweep: LoadedSweep, format: "table" | "csv" | "json"): Promise<number> {
  const { environment, table: published } = sweep;
  const seen = await seeTasks(sweep);
  const ended = seen.filter(({ state }) => state === "ended");
  const others = seen.filter(({ state }) => state === "other");
  const lacking = seen.length - ended.length;
  if (lacking > 0)
    lineLogger(environment).warn(
      `${lacking} of ${count(seen.length, "task")} have not ended${others.length > 0 ? `, or hold runs of other settings (${others.length})` : ""}: they are left out.`,
    );
  const results = ended.map(({ task }): TaskResult => {
    const run = sweep.runOf(task);
    return { task, run, metrics: metricsOf(readReportedRun(run, run).stages) };
  });
  if (format === "csv") print(environment, csvOf(results).join("\n"));
  else if (published && others.length === 0) {
    const given = { ...published.given, json: format === "json" };
    const { preset, table, plan } = published;
    return tellTable(table, plan, { preset, home: sweep.home, given, environment, exitCode: 0 });
  } else if (format === "json") print(environment, visibleJson(asDocument(results)));
  else if (results.length === 0) print(environment, "No task has ended yet.");
  else show(groupBySeed(results), sweep);
  return 0;
}

function asDocument(results: readonly TaskResult[]) {
  const tasks = results.map(({ task: { number, name, varies, seed, isShared }, run, metrics }) => ({
    ...{ number, name, varies },
    ...(seed !== undefined && { seed }),
    ...{ isShared, run, metrics },
  }));
  return { tasks, groups: groupBySeed(results) };
}

/** A line for each task, with everything that varies and everything that was measured. */
function csvOf(results: readonly TaskResult[]): readonly string[] {
  const settings = [...new Set(results.flatMap(({ task }) => Object.keys(task.varies)))];
  const metrics = [...new Set(results.flatMap((result) => Object.keys(result.metrics)))];
  const cell = (value: Json | undefined) =>
    csvCell(value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
  const head = ["task", "run", ...settings, "seed", ...metrics].map(cell);
  const lines = results.map(({ task, ...result }) => [
    ...[task.number, task.name, ...settings.map((key) => task.varies[key]), task.seed].map(cell),
    ...metrics.map((name) => cell(result.metrics[name])),
  ]);
  return [head, ...lines].map((cells) => cells.join(","));
}

/** Accuracies of every stage; JSON and CSV have the rest. */
function show(groups: readonly SeedGroup[], { environment }: LoadedSweep): void {
  const { stdout, variables } = environment;
  const settings = [...new Set(groups.flatMap(({ varies }) => Object.keys(varies)))];
  const keys = shortKeys(settings);
  const names = [...new Set(groups.flatMap(({ metrics }) => Object.keys(metrics)))];
  const metrics = names.filter((name) => /\.(accuracy|test)$/.test(name));
  const heads = [
    ...settings.map((key) => ({ head: keys.get(key) ?? key })),
    ...metrics.map((name) => ({ head: name.replace(/\.accuracy$/, ""), align: "right" as const })),
    { head: "seeds", align: "right" as const },
  ];
  const rows = groups.map(({ varies, seeds, metrics: found }) => [
    ...settings.map((key) => (varies[key] === undefined ? "–" : valueText(varies[key]))),
    ...metrics.map((name) => spreadText(found[name])),
    String(Math.max(1, seeds.length)),
  ]);
  print(environment, table(heads, rows, stdout, variables));
  print(environment);
  print(
    environment,
    "Accuracies in percent; of several seeds the mean ± their standard deviation. --format csv and json have all measures.",
  );
}

function spreadText(spread: Spread | undefined): string {
  if (!spread) return "–";
  return `${spread.mean.toFixed(1)}${spread.deviation === null ? "" : ` ± ${spread.deviation.toFixed(1)}`}`;
}
