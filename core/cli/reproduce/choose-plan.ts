/** Which runs a table or figure of a publication takes, by what the command line says. */
import { join, resolve } from "node:path";
import {
  invalidConfig,
  type Plan,
  type Preset,
  type PublishedTable,
  planTable,
  unknownName,
  type WantedRuns,
} from "../../index.js";
import type { ReproduceArguments } from "../arguments.js";
import type { Environment } from "../environment.js";

/** A table, the runs that it takes, and their folder. @throws FGKD_UNKNOWN_NAME, FGKD_INVALID_CONFIG */
export function planOf(
  preset: Preset,
  asked: string,
  given: ReproduceArguments,
  environment: Pick<Environment, "cwd">,
): { readonly table: PublishedTable; readonly plan: Plan; readonly home: string } {
  const { table } = found({ ...preset, figures: [] }, asked);
  const { wanted, home } = wantedOf(preset, table, given, environment);
  return { table, plan: planTable(table, wanted), home };
}

/** What is wanted of a table, and the folder of its runs: those of a figure are its table's, and it finds those that there are. */
export function wantedOf(
  { name }: Preset,
  table: PublishedTable,
  { scale = "demo", seeds = [0], rows, epochs, data = [], fromScratch, set, out }: ReproduceArguments,
  { cwd }: Pick<Environment, "cwd">,
): { readonly wanted: WantedRuns; readonly home: string } {
  const wanted = {
    ...{ scale, seeds, epochs, fromScratch, isChanged: set !== undefined },
    ...(rows && { rows }),
    ...placesIn(data, table),
  };
  return { wanted, home: resolve(cwd, out ?? join("runs", `${name}-${table.name}-${scale}`)) };
}

/** The table of that name, or that whose runs the figure of that name shows. */
export function found({ name, tables = [], figures = [] }: Preset, asked: string) {
  const figure = figures.find((one) => one.name === asked);
  const table = tables.find((one) => one.name === (figure?.table ?? asked));
  if (table) return { table, ...(figure && { figure }) };
  const known = [...tables, ...figures].map((one) => one.name);
  throw unknownName("table", asked, known, `fgkd reproduce ${name} lists them.`);
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
