/** What the tables of several publications have in common: data sets, networks, and figures in the order of columns. */
import type { PublishedColumn } from "../../core/index.js";

/** The sets as `--data` of `fgkd reproduce` calls them. */
export const sets = {
  cub: "CUB-200-2011",
  cars: "Stanford Cars",
  aircraft: "FGVC-Aircraft",
} as const;

/** A column for each of these sets. */
export function setColumns(...names: readonly (keyof typeof sets)[]): readonly PublishedColumn[] {
  return names.map((name) => ({ name, title: sets[name], data: name }));
}

/** Figures by column, in the columns' order; `null` where the publication has none. */
export function figures(
  columns: readonly PublishedColumn[],
  ...values: readonly (number | null)[]
): Readonly<Record<string, number>> {
  if (values.length !== columns.length) throw new RangeError(`${values.length} figures for ${columns.length} columns`);
  return Object.fromEntries(
    columns.flatMap(({ name }, at) => (values[at] == null ? [] : [[name, values[at]] as const])),
  );
}
