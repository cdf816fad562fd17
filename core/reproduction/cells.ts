/** Which cells of a published table are asked for, and which runs make them. */

import type { Scale } from "../run/preset.js";
import type { PublishedColumn, PublishedRow, PublishedRun, PublishedTable } from "../run/published.js";
import { unknownName } from "../values/errors.js";
import type { Json } from "../values/state.js";

/** What somebody wants of a table. */
export interface Wanted {
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

export interface Plan {
  readonly columns: readonly PublishedColumn[];
  readonly rows: readonly PublishedRow[];
  readonly cells: readonly Cell[];
  /** Each once, those that others learn from first. */
  readonly runs: readonly NeededRun[];
  /** Whether data and epochs are the published ones, so that accuracies can be held against each other, and not gains alone. */
  readonly asPublished: boolean;
}

/**
 * @throws FGKD_UNKNOWN_NAME for a row that the table does not have, or data that no column is about
 */
export function planTable(table: PublishedTable, wanted: Wanted): Plan {
  const rows = rowsOf(table, wanted);
  const columns = columnsOf(table, wanted);
  const runs = new Map<string, NeededRun>();
  const cells = columns.flatMap((column) =>
    rows.flatMap((row): Cell[] => {
      const { made } = row;
      if (!made) return [];
      const needed = wanted.seeds.map((seed) => addRun(row.name, made, { table, column, seed, wanted, columns }, runs));
      return [{ row, column, made, runs: needed }];
    }),
  );
  return { columns, rows, cells, runs: [...runs.values()], asPublished: isPublished(columns, wanted) };
}

function rowsOf(table: PublishedTable, { rows: names }: Wanted): readonly PublishedRow[] {
  if (names === undefined) return table.rows;
  for (const name of names)
    if (!table.rows.some((row) => row.name === name))
      throw unknownName(
        "row",
        name,
        table.rows.map((row) => row.name),
        `These are the rows of ${table.name}.`,
      );
  // What is gained is counted from it.
  return table.rows.filter(({ name }) => names.includes(name) || name === table.baseline);
}

/** Those with data. On other data than the published the columns of one set are enough: they are held against the first's. */
function columnsOf({ columns }: PublishedTable, { places, place, scale }: Wanted): readonly PublishedColumn[] {
  const known = [...new Set(columns.map(({ data }) => data))];
  for (const name of Object.keys(places))
    if (!known.includes(name)) throw unknownName("data", name, known, "The table is about these.");
  const chosen = Object.keys(places).length > 0 ? Object.keys(places) : known.slice(0, 1);
  const withData = columns.filter(({ data }) => chosen.includes(data));
  if (scale === "paper") return withData;
  // Of networks that are all the same small one, the first.
  const kind = ({ data, settings, stage }: PublishedColumn) => JSON.stringify([data, settings, stage]);
  const small = withData.filter((column, at) => withData.findIndex((one) => kind(one) === kind(column)) === at);
  return small.map((column) => ({
    ...column,
    title: place === undefined ? column.title : `${place}, for ${column.title}`,
  }));
}

function isPublished(columns: readonly PublishedColumn[], { places, scale, epochs }: Wanted): boolean {
  return scale === "paper" && epochs === undefined && columns.every(({ data }) => Object.hasOwn(places, data));
}

interface Context {
  readonly table: PublishedTable;
  readonly column: PublishedColumn;
  readonly columns: readonly PublishedColumn[];
  readonly seed: number;
  readonly wanted: Wanted;
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
