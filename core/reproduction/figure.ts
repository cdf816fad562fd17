/** Which runs of a table a figure shows. */
import type { PublishedFigure, PublishedTable } from "../run/published.js";
import { unknownName } from "../values/errors.js";
import { type Cell, type NeededRun, planTable, type WantedRuns } from "./cells.js";

export interface FigurePlan {
  /** From left to right. */
  readonly cells: readonly Cell[];
  /** Of these cells, those that they learn from first; named as the table names them, which has the same. */
  readonly runs: readonly NeededRun[];
}

/**
 * @param wanted its rows: which of the figure's. Default: all
 * @throws FGKD_UNKNOWN_NAME for a row that the figure does not show, or data that the table is not about
 */
export function planFigure(figure: PublishedFigure, table: PublishedTable, wanted: WantedRuns): FigurePlan {
  const { rows: asked = figure.rows, ...all } = wanted;
  for (const name of asked)
    if (!figure.rows.includes(name)) throw unknownName("row", name, figure.rows, `${figure.name} shows these.`);
  const { columns, cells: every, runs } = planTable(table, all);
  const { data } = table.columns.find(({ name }) => name === figure.column) ?? {};
  const column =
    columns.find(({ name }) => name === figure.column) ?? columns.find((one) => one.data === data) ?? columns[0];
  const cells = asked.flatMap((name) => every.filter((cell) => cell.row.name === name && cell.column === column));
  const needed = new Set(cells.flatMap((cell) => cell.runs.map(({ name }) => name)));
  // From the last one back: each stands behind what it learns from.
  for (const { name, teacher } of [...runs].reverse())
    if (teacher !== undefined && needed.has(name)) needed.add(teacher);
  return { cells, runs: runs.filter(({ name }) => needed.has(name)) };
}
