/** What a run came to: one line a stage. */
import type { Run, StageResult } from "../index.js";
import type { Environment } from "./environment.js";
import { table } from "./tables.js";
import { duration, percent } from "./text.js";

/** @param seconds by stage */
export function resultTable(
  results: readonly StageResult[],
  run: Pick<Run, "config" | "stages">,
  seconds: ReadonlyMap<string, number>,
  { stdout, variables }: Environment,
): string {
  const means = [...new Set(results.flatMap(({ accuracy, meanOf }) => (accuracy === null ? [] : [meanOf])))];
  const accuracy = means.length === 1 && means[0] !== 1 ? `mean of last ${means[0]}` : "accuracy";
  const measured = [...new Set(results.flatMap((result) => Object.keys(result.measured)))];
  const columns = [
    { head: "stage" },
    { head: "trains" },
    { head: "input", align: "right" },
    { head: accuracy, align: "right" },
    { head: "best", align: "right" },
    ...measured.map((name) => ({ head: inWords(name), align: "right" }) as const),
    { head: "time", align: "right" },
  ] as const;
  const rows = results.map((result) => [
    result.title,
    result.role,
    `${inputSize(result, run)} px`,
    percent(result.accuracy),
    percent(result.best),
    ...measured.map((name) => number(result.measured[name])),
    duration(seconds.get(result.stage) ?? 0),
  ]);
  return table(columns, rows, stdout, variables);
}

/** `ensembleAccuracy` as `ensemble accuracy`. */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function number(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(Math.abs(value) < 2 ? 2 : 1);
}

/** The side of the images that the stage's model sees. */
function inputSize({ role, stage }: StageResult, { config }: Pick<Run, "config">): number | string {
  return config.run.models[role]?.inputSize ?? config.stages[stage]?.input.crop ?? "–";
}
