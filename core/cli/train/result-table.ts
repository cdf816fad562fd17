/** What a run came to: one line a stage, and what a stage measured of its own below. */
import type { Run, StageResult } from "../../index.js";
import { type Environment, widthOf } from "../environment.js";
import { type Column, table } from "../terminal/tables.js";
import { duration, inWords, number, percent, wrap } from "../terminal/text.js";

/**
 * Where epochs were measured on validation images, a column says so, and another what the weights that stayed are worth on
 * test images. Names without a slash are columns; those with one, `group/name`, are many, and stand below.
 *
 * @param seconds by stage
 */
export function resultTable(
  results: readonly StageResult[],
  run: Pick<Run, "config" | "stages">,
  seconds: ReadonlyMap<string, number>,
  { stdout, variables }: Environment,
): string {
  const means = [...new Set(results.flatMap(({ accuracy, meanOf }) => (accuracy === null ? [] : [meanOf])))];
  const accuracy = means.length === 1 && means[0] !== 1 ? `mean of last ${means[0]}` : "accuracy";
  const elsewhere = results.some(({ split }) => split !== undefined && split !== "test");
  const measured = [...new Set(results.flatMap((result) => Object.keys(result.measured)))].filter(
    (name) => !name.includes("/"),
  );
  const columns: readonly Column[] = [
    { head: "stage" },
    { head: "trains" },
    { head: "input", align: "right" },
    ...(elsewhere ? [{ head: "measured on" }] : []),
    { head: accuracy, align: "right" },
    { head: "best", align: "right" },
    ...(elsewhere ? [{ head: "test", align: "right" } as const] : []),
    ...measured.map((name) => ({ head: inWords(name), align: "right" }) as const),
    { head: "time", align: "right" },
  ];
  const rows = results.map((result) => [
    result.title,
    result.role,
    `${inputSize(result, run)} px`,
    ...(elsewhere ? [result.split ?? "–"] : []),
    percent(result.accuracy),
    percent(result.best),
    ...(elsewhere ? [percent(testedOf(result))] : []),
    ...measured.map((name) => number(result.measured[name])),
    duration(seconds.get(result.stage) ?? 0),
  ]);
  const width = stdout.isTTY ? widthOf(stdout) : Number.POSITIVE_INFINITY;
  return [table(columns, rows, stdout, variables), ...results.flatMap((result) => groupsOf(result, width))].join("\n");
}

/** What the weights that a stage left are worth on test images; of a stage whose epochs were measured there, the last. */
function testedOf({ split, test, accuracy }: StageResult): number | null {
  return split === "test" ? accuracy : (test?.accuracy ?? null);
}

/** Lines such as `generator  generated: classes 10, agreement 81.2`, each group after an empty line. */
function groupsOf({ title, measured }: StageResult, width: number): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [name, value] of Object.entries(measured)) {
    const [group = "", ...rest] = name.split("/");
    if (rest.length > 0)
      groups.set(group, [...(groups.get(group) ?? []), `${inWords(rest.join("/"))} ${Number(value.toPrecision(3))}`]);
  }
  return [...groups].flatMap(([group, values]) => [
    "",
    ...wrap(`${title}, ${inWords(group)}: ${values.join(", ")}`, width),
  ]);
}

/** The side of the images that the stage's model sees. */
function inputSize({ role, stage }: StageResult, { config }: Pick<Run, "config">): number | string {
  return config.run.models[role]?.input?.size ?? config.stages[stage]?.input.crop ?? "–";
}
