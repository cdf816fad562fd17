/** A published table beside what fgkd came to: cell by cell, with intervals and verdicts. */
import type { PublishedColumn, PublishedRow, PublishedTable } from "../run/published.js";
import type { Cell, MergedRow, Plan, Wanted } from "./cells.js";
import { type Estimate, estimate } from "./estimate.js";
import { judgeAccuracy, judgeGain, type Verdict } from "./verdict.js";

/** What a run came to. */
export interface RunOutcome {
  /** In percent. */
  readonly accuracy: number;
  /** That it was tested on. */
  readonly images: number;
}

export interface CellOutcome {
  readonly row: PublishedRow;
  readonly column: PublishedColumn;
  /** In percent; `null` where the publication has none. */
  readonly published: number | null;
  /** `null` where nothing was run. */
  readonly ours: Estimate | null;
  /** By seed. */
  readonly accuracies: readonly number[];
  /** In points; `null` of the baseline itself, and where either is not there. */
  readonly gain: number | null;
  readonly publishedGain: number | null;
  readonly verdict: Verdict | null;
}

export interface TableOutcome {
  readonly table: PublishedTable;
  readonly seeds: readonly number[];
  readonly asPublished: boolean;
  readonly wanted: Pick<Wanted, "scale" | "place" | "places" | "epochs" | "fromScratch" | "isChanged">;
  readonly merged: readonly MergedRow[];
  readonly cells: readonly CellOutcome[];
}

/**
 * @param outcomeOf what a cell's run came to, by the name of its folder; `undefined` where it did not end
 */
export function tableOutcome(
  table: PublishedTable,
  { wanted, columns, rows, cells, merged, asPublished }: Plan,
  seeds: readonly number[],
  outcomeOf: (cell: Cell, run: string) => RunOutcome | undefined,
): TableOutcome {
  const foundOf = (row: PublishedRow, column: PublishedColumn) => {
    const cell = cells.find((one) => one.row === row && one.column === column);
    return (cell?.runs ?? []).flatMap(({ name }) => (cell && outcomeOf(cell, name)) ?? []);
  };
  const oursOf = (row: PublishedRow, column: PublishedColumn) => {
    const found = foundOf(row, column);
    // Seeds were tested on the same images.
    return found[0] ? estimate(accuraciesOf(found), found[0].images) : null;
  };
  const heldIn = (row: PublishedRow | undefined, column: PublishedColumn) =>
    row && heldOf(oursOf(row, column), row.published[column.name]);
  const outcome = columns.flatMap((column) =>
    rows.map((row): CellOutcome => {
      const first = baselineOf(row, table);
      const [ours, beside] = [oursOf(row, column), heldIn(first, column)];
      const held = heldIn(row, column);
      return {
        ...{ row, column, ours },
        accuracies: accuraciesOf(foundOf(row, column)),
        published: row.published[column.name] ?? null,
        gain: ours && beside ? ours.mean - beside.ours.mean : null,
        publishedGain: gainOf(row, first, column),
        verdict: held ? judged(held, beside, asPublished) : null,
      };
    }),
  );
  return { table, seeds, asPublished, wanted, merged, cells: outcome };
}

/** The row that this one's gain is counted from. */
function baselineOf(row: PublishedRow, { rows, baseline }: PublishedTable): PublishedRow | undefined {
  const name = row.baseline ?? baseline;
  return rows.find((one) => one.name === name && one !== row);
}

type Held = { readonly ours: Estimate; readonly published: number };

function heldOf(ours: Estimate | null, published: number | undefined): Held | undefined {
  return ours && published !== undefined ? { ours, published } : undefined;
}

/** On other data a baseline has nothing to be held against. */
function judged(held: Held, baseline: Held | undefined, asPublished: boolean): Verdict | null {
  if (asPublished) return judgeAccuracy({ ...held, ...(baseline && { baseline }) });
  return baseline ? judgeGain({ ...held, baseline }) : null;
}

function gainOf(row: PublishedRow, baseline: PublishedRow | undefined, { name }: PublishedColumn): number | null {
  const [own, first] = [row.published[name], baseline?.published[name]];
  return own === undefined || first === undefined ? null : own - first;
}

function accuraciesOf(found: readonly RunOutcome[]): readonly number[] {
  return found.map(({ accuracy }) => accuracy);
}
