/** What the tasks of a sweep came to, and their means over seeds. */
import { meanOf, varianceOf } from "../measures/sample.js";
import type { ReportedStage } from "../report/subject.js";
import type { SweepTask } from "./expand.js";
import type { SweepSettings } from "./sweep-file.js";

/** A finished task. */
export interface TaskResult {
  readonly task: SweepTask;
  /** Folder of the run. */
  readonly run: string;
  /** By stage and measure: `student.accuracy`. In the units of `result.json`; without what was not measured. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Spread {
  readonly mean: number;
  /** Standard deviation of a sample; `null` of one. */
  readonly deviation: number | null;
  readonly least: number;
  readonly most: number;
  readonly seeds: number;
}

/** Tasks that differ in the seed alone. */
export interface SeedGroup {
  readonly varies: SweepSettings;
  readonly seeds: readonly number[];
  readonly metrics: Readonly<Record<string, Spread>>;
}

/** What a run's `result.json` says, by stage and measure. */
export function metricsOf(stages: readonly ReportedStage[]): Readonly<Record<string, number>> {
  const all = stages.flatMap(({ stage, accuracy, best, test, measured }) =>
    Object.entries({ accuracy, best, test: test?.accuracy, ...measured }).flatMap(([name, value]) =>
      typeof value === "number" ? [[`${stage}.${name}`, value] as const] : [],
    ),
  );
  return Object.fromEntries(all);
}

/** In the order in which the file has them; shared runs are no results of their own. */
export function groupBySeed(results: readonly TaskResult[]): readonly SeedGroup[] {
  const groups = new Map<string, TaskResult[]>();
  for (const result of results.filter(({ task }) => !task.isShared)) {
    const key = JSON.stringify(result.task.varies);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((members) => {
    const names = [...new Set(members.flatMap(({ metrics }) => Object.keys(metrics)))];
    const valuesOf = (name: string) => members.flatMap(({ metrics }) => metrics[name] ?? []);
    return {
      varies: members[0]?.task.varies ?? {},
      seeds: members.flatMap(({ task }) => task.seed ?? []),
      metrics: Object.fromEntries(names.map((name) => [name, spreadOf(valuesOf(name))])),
    };
  });
}

function spreadOf(values: readonly number[]): Spread {
  return {
    mean: meanOf(values),
    deviation: values.length < 2 ? null : Math.sqrt(varianceOf(values)),
    least: Math.min(...values),
    most: Math.max(...values),
    seeds: values.length,
  };
}
