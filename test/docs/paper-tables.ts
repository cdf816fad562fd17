/** The published tables as parts of the pages of the papers, with what they came to here beside them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Preset, PublishedColumn, PublishedFigure, PublishedRow, PublishedTable } from "../../core/index.js";
import { percent, points } from "../../core/values/wording.js";
import * as presets from "../../presets/index.js";
import { root } from "./blocks.js";

const begin = "<!-- tables: written by `npm run papers` -->";
const end = "<!-- end of the tables -->";

/** Where the tables of finished runs are kept: what `fgkd reproduce` has written beside them, copied. */
const reproduced = "docs/papers/reproduced";

/** As far as pages have it, the JSON of `fgkd reproduce`. */
export interface Reproduced {
  readonly preset: string;
  readonly table: string;
  readonly scale: string;
  readonly data: readonly string[];
  readonly seeds: readonly number[];
  readonly engine?: string;
  readonly ended?: string;
  readonly columns: readonly { readonly name: string; readonly title: string }[];
  readonly merged: readonly { readonly row: string; readonly as: string }[];
  readonly cells: readonly {
    readonly row: string;
    readonly column: string;
    readonly published: number | null;
    readonly ours: { readonly mean: number; readonly reach: number; readonly images: number } | null;
    readonly accuracies: readonly number[];
    readonly gain: number | null;
    readonly publishedGain: number | null;
    readonly verdict: { readonly words: string } | null;
  }[];
}

/** Presets with tables; the page of each has its name. */
export const presetsWithTables = (Object.values(presets) as readonly Preset[]).filter(({ tables }) => tables);

/** By file name, of all presets. */
export function readReproduced(): ReadonlyMap<string, Reproduced> {
  const folder = join(root, reproduced);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return new Map(
    names.sort().map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")) as Reproduced]),
  );
}

/** A page with its part between the two marks written anew. */
export function withTables(page: string, preset: Preset, found: ReadonlyMap<string, Reproduced>): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`the page of ${preset.name} lacks "${begin}" or, after it, "${end}"`);
  const parts = (preset.tables ?? []).map((table) => {
    const own = [...found].filter(([, one]) => one.preset === preset.name && one.table === table.name);
    return [
      `### ${table.title}`,
      published(table),
      ...notesOf(table),
      ...own.map(([file, one]) => outcomeOf(file, one, table)),
    ].join("\n\n");
  });
  const figures = (preset.figures ?? []).map((figure) => figureOf(figure, preset));
  return `${before}${begin}\n\n${[...parts, ...figures].join("\n\n")}\n\n${end}${after}`;
}

/** All its rows with all that was published of them. */
function published({ rows, columns, scans }: PublishedTable): string {
  if (rows.every((row) => Object.keys(row.published).length === 0))
    return (scans ?? [])
      .map(({ title, best }) => `- ${title}: best at ${rows.find(({ name }) => name === best)?.title}.`)
      .join("\n");
  const heads = [...new Set(rows.flatMap(({ beside = {} }) => Object.keys(beside)))];
  const decimals = Math.min(2, Math.max(...rows.flatMap((row) => Object.values(row.published).map(decimalsOf))));
  const known = columns.filter(({ name }) => rows.some((row) => row.published[name] !== undefined));
  return markdownTable(
    ["row", "made by", ...known.map(shortTitle(known)), ...heads],
    rows.map((row) => [
      row.title,
      row.made ? `\`--rows ${row.name}\`` : "as published",
      ...known.map(({ name }) => figureIn(row, name, decimals)),
      ...heads.map((head) => row.beside?.[head] ?? "–"),
    ]),
  );
}

/** What the column before has said already is not said again. */
function shortTitle(columns: readonly PublishedColumn[]) {
  return ({ title }: PublishedColumn, at: number) => {
    const before = columns[at - 1]?.title;
    const [set, network] = title.split(", ");
    const [, own, where] = /^(.*) (\(.*\))$/.exec(title) ?? [];
    if (own !== undefined) return before?.endsWith(where as string) ? own : title;
    return network !== undefined && before?.split(", ")[0] === set ? network : title;
  };
}

function figureIn({ published: values, code }: PublishedRow, column: string, decimals: number): string {
  const [value, official] = [values[column], code?.[column]];
  if (value === undefined) return "–";
  const text = value.toFixed(Math.max(decimals, decimalsOf(value)));
  return official === undefined ? text : `${text} (official code: ${official})`;
}

function decimalsOf(value: number): number {
  return String(value).split(".")[1]?.length ?? 0;
}

function notesOf({ rows }: PublishedTable): readonly string[] {
  const notes = rows.flatMap(({ title, slip, here }) => [
    ...(slip === undefined ? [] : [`- ${title}: ${slip}`]),
    ...(here === undefined ? [] : [`- ${title}: here ${here}`]),
  ]);
  return notes.length > 0 ? [notes.join("\n")] : [];
}

/** What a file of `reproduced` says, column by column. */
function outcomeOf(file: string, one: Reproduced, table: PublishedTable): string {
  const { preset, scale, data, seeds, engine, ended } = one;
  const places = data.map((place) => ` --data path/to/${place}`).join("");
  const images = one.cells.find(({ ours }) => ours)?.ours?.images;
  const command = `npx fgkd reproduce ${preset} ${table.name}${scale === "paper" ? " --scale paper" : ""}${places}${seeds.length > 1 || seeds[0] !== 0 ? ` --seeds ${seeds.join(",")}` : ""}`;
  const words = [
    `**Made here, at ${scale} scale:** \`${command}\``,
    ...(images === undefined ? [] : [`${images} test images`]),
  ];
  const where = [engine && `engine \`${engine}\``, ended].filter(Boolean).join(", ");
  const tables = one.columns.map(({ name, title }) => {
    const cells = one.cells.filter(
      (cell) => cell.column === name && (cell.ours || one.merged.some((pair) => pair.row === cell.row)),
    );
    const rows = cells.map(({ row, ours, accuracies, gain, publishedGain, verdict }) => [
      table.rows.find((each) => each.name === row)?.title ?? row,
      ours ? accuracies.map((value) => value.toFixed(1)).join(" ") : `as ${titleOf(table, one, row)}`,
      ours ? `${percent(ours.mean)} ± ${ours.reach.toFixed(1)}` : "–",
      gain === null ? "–" : points(gain),
      publishedGain === null ? "–" : points(publishedGain),
      verdict?.words ?? "–",
    ]);
    return `${one.columns.length > 1 ? `${title}:\n\n` : ""}${markdownTable(
      [
        "row",
        seeds.length > 1 ? `seeds ${seeds.join(", ")}` : `seed ${seeds[0]}`,
        "mean",
        "gain",
        "published gain",
        "verdict",
      ],
      rows,
    )}`;
  });
  return [`${words.join(", ")}${where && ` (${where}; [numbers](reproduced/${file}))`}.`, ...tables].join("\n\n");
}

/** Of the row that this one is, there. */
function titleOf(table: PublishedTable, { merged }: Reproduced, row: string): string {
  const as = merged.find((pair) => pair.row === row)?.as;
  return table.rows.find(({ name }) => name === as)?.title ?? "another";
}

function figureOf({ name, title, published: shown, table, rows }: PublishedFigure, preset: Preset): string {
  return `### ${title}\n\n${shown} \`npx fgkd reproduce ${preset.name} ${name}\` draws it of the runs ${rows.map((row) => `\`${row}\``).join(", ")} of ${table}.`;
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
