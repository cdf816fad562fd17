/** Which cells of a published table are asked for, and which runs make them. */

import type { Scale } from "../run/preset.js";
import type { PublishedColumn, PublishedRow, PublishedRun, PublishedTable } from "../run/published.js";
import { unknownName } from "../values/errors.js";
import type { Json } from "../values/state.js";

/** What somebody wants of a table. */
export interface WantedRuns {
  readonly scale: Scale;
  readonly seeds: readonly number[];
  /** Rows by name. Default: all. */
  readonly rows?: readonly string[];
  /** Where each data set is, by the columns' names for it. */
  readonly places: Readonly<Record<string, string>>;
  /** Epochs of every stage. Default: as published. */
  readonly epochs?: number;
  /** Data for every column whose own has no place; with none of either the preset's own is taken. */
  readonly place?: string;
  /** Whether nothing starts from the weights that the publication starts from. Default: at paper scale all that did does. */
  readonly fromScratch?: boolean;
  /** Whether runs are told further settings. Default: none. */
  readonly isChanged?: boolean;
}

/** A run that a table needs. */
export interface NeededRun {
  /** Of its folder. */
  readonly name: string;
  readonly preset: string;
  readonly scale: Scale;
  readonly seed: number;
  /** Default: the preset's own. */
  readonly data?: string;
  /** By dotted path. */
  readonly settings: Readonly<Record<string, Json>>;
  /** The folder of the run whose teacher it learns from. */
  readonly teacher?: string;
}

/** A row under a column, and the runs that make it: one for each seed. */
export interface Cell {
  readonly row: PublishedRow;
  readonly column: PublishedColumn;
  readonly runs: readonly NeededRun[];
  readonly made: PublishedRun;
}

export interface MergedRow {
  readonly row: PublishedRow;
  readonly as: PublishedRow;
}

export interface Plan {
  readonly wanted: WantedRuns;
  readonly columns: readonly PublishedColumn[];
  readonly rows: readonly PublishedRow[];
  readonly cells: readonly Cell[];
  /** Each once, those that others learn from first. */
  readonly runs: readonly NeededRun[];
  /** Rows that are other rows here, which they differ from in the network alone. */
  readonly merged: readonly MergedRow[];
  /** Whether data, weights, epochs and settings are the published ones, so that accuracies can be held against each other, and not gains alone. */
  readonly asPublished: boolean;
}

/**
 * @throws FGKD_UNKNOWN_NAME for a row that the table does not have, or data that no column is about
 */
export function planTable(table: PublishedTable, wanted: WantedRuns): Plan {
  const rows = rowsOf(table, wanted);
  const columns = columnsOf(table, wanted);
  const runs = new Map<string, NeededRun>();
  const cellOf = (row: PublishedRow, column: PublishedColumn): Cell[] => {
    const made = (wanted.scale === "paper" && row.made?.paper) || row.made;
    if (!made) return [];
    const needed = wanted.seeds.map((seed) => addRun(row.name, made, { table, column, seed, wanted, columns }, runs));
    return [{ row, column, made, runs: needed }];
  };
  // A run is named after a row that is all of it, where there is one.
  const named = [...rows].sort((one, other) => Number(isPart(one)) - Number(isPart(other)));
  const all = columns.flatMap((column) => named.flatMap((row) => cellOf(row, column)));
  const merged = wanted.scale === "paper" ? [] : sameRows(all);
  const cells = all.filter(({ row }) => !merged.some((one) => one.row === row));
  return { wanted, columns, rows, cells, merged, runs: [...runs.values()], asPublished: isPublished(columns, wanted) };
}

function isPart({ made }: PublishedRow): boolean {
  return made?.stage !== undefined;
}

/** Without networks of the publication some rows ask for the same: of those the one that names no network stands for them, or the first. */
function sameRows(cells: readonly Cell[]): readonly MergedRow[] {
  const [first] = cells;
  const here = cells.filter(({ column }) => column === first?.column);
  const keyOf = ({ runs, made: { stage, measure } }: Cell) => JSON.stringify([runs, stage, measure]);
  return here.flatMap((cell) => {
    const same = here.filter((one) => keyOf(one) === keyOf(cell));
    const kept = (same.find(({ made }) => made.network === undefined) ?? same[0]) as Cell;
    return kept === cell ? [] : [{ row: cell.row, as: kept.row }];
  });
}

function rowsOf(table: PublishedTable, { rows: names }: WantedRuns): readonly PublishedRow[] {
  if (names === undefined) return table.rows;
  for (const name of names)
    if (!table.rows.some((row) => row.name === name))
      throw unknownName(
        "row",
        name,
        table.rows.map((row) => row.name),
        `These are the rows of ${table.name}.`,
      );
  const asked = table.rows.filter(({ name }) => names.includes(name));
  // What is gained is counted from them.
  const baselines = asked.map(({ baseline = table.baseline }) => baseline);
  return table.rows.filter((row) => asked.includes(row) || baselines.includes(row.name));
}

/** Those with data. On other data than the published the columns of one set are enough: they are held against the first's. */
function columnsOf({ columns }: PublishedTable, { places, place, scale }: WantedRuns): readonly PublishedColumn[] {
  const known = [...new Set(columns.map(({ data }) => data))];
  for (const name of Object.keys(places))
    if (!known.includes(name)) throw unknownName("data", name, known, "The table is about these.");
  const chosen = Object.keys(places).length > 0 ? Object.keys(places) : known.slice(0, 1);
  const withData = columns.filter(({ data }) => chosen.includes(data));
  if (scale === "paper") return withData;
  // Of networks that are all the same small one, the first.
  const kind = ({ data, settings, stage }: PublishedColumn) => JSON.stringify([data, settings, stage]);
  const small = withData.filter((column, at) => withData.findIndex((one) => kind(one) === kind(column)) === at);
  if (Object.keys(places).length > 0) return small;
  const here = place === undefined ? "the preset's own images" : placeName(place);
  return small.map((column) => ({ ...column, title: `${here}, beside ${column.title}` }));
}

function isPublished(columns: readonly PublishedColumn[], wanted: WantedRuns): boolean {
  const { places, scale, epochs, fromScratch = false, isChanged = false } = wanted;
  if (scale !== "paper" || epochs !== undefined || fromScratch || isChanged) return false;
  return columns.every(({ data }) => Object.hasOwn(places, data));
}

interface Context {
  readonly table: PublishedTable;
  readonly column: PublishedColumn;
  readonly columns: readonly PublishedColumn[];
  readonly seed: number;
  readonly wanted: WantedRuns;
}

/** Adds it unless there is one that is equal, and before it what it learns from. */
function addRun(row: string, made: PublishedRun, context: Context, runs: Map<string, NeededRun>): NeededRun {
  const { table, column, columns, seed, wanted } = context;
  const shared = made.teacher === undefined ? undefined : table.shared?.[made.teacher];
  const plain = { ...context, column: { ...column, settings: {} } };
  const teacher = shared && addRun(made.teacher as string, shared, plain, runs).name;
  const data = wanted.places[column.data] ?? wanted.place;
  const isSmall = wanted.scale === "demo";
  const settings = {
    ...(isSmall ? {} : { ...column.network, ...made.network }),
    ...(isSmall ? {} : wanted.fromScratch ? made.scratch : made.weights),
    ...column.settings,
    ...made.settings,
  };
  const asked = {
    ...{ preset: made.preset, scale: wanted.scale, seed, settings },
    ...(data !== undefined && { data }),
    ...(teacher !== undefined && { teacher }),
  };
  const key = JSON.stringify(asked);
  const known = runs.get(key);
  if (known) return known;
  const run = { name: [row, ...(columns.length > 1 ? [column.name] : []), seed].join("-"), ...asked };
  runs.set(key, run);
  return run;
}

/** As tables name it: its folder's name, or what a place says that is more than a folder. */
export function placeName(place: string): string {
  return place.split(/[/\\]/).findLast((part) => part !== "" && part !== ".") ?? place;
}
