/** A table's outcome for people and programs: Markdown, HTML, JSON. */
import { html, nameOf } from "../report/markup.js";
import { documentOf } from "../report/page.js";
import { tableOf } from "../report/table.js";
import { percent, points } from "../values/wording.js";
import { placeName } from "./cells.js";
import type { CellOutcome, TableOutcome } from "./outcome.js";
import { scanCharts, scanNotes } from "./scan.js";

/** Of what `rowsOf` returns. */
export const columnHeads = [
  "row",
  "published",
  "here",
  "95 % interval",
  "seeds",
  "gain published",
  "gain here",
  "verdict",
];

/** By column of the publication: its cells, row by row, as text. */
export function rowsOf({
  cells,
}: TableOutcome): readonly { readonly title: string; readonly rows: readonly string[][] }[] {
  const columns = [...new Set(cells.map(({ column }) => column))];
  return columns.map((column) => ({
    title: column.title,
    rows: cells.filter((cell) => cell.column === column).map(textOf),
  }));
}

function textOf(cell: CellOutcome): string[] {
  const { published, ours, accuracies, gain, publishedGain, verdict } = cell;
  return [
    titleOf(cell),
    percent(published),
    percent(ours?.mean),
    ours ? `± ${ours.reach.toFixed(1)}` : "–",
    accuracies.map((value) => value.toFixed(1)).join(" ") || "–",
    publishedGain === null ? "–" : points(publishedGain),
    gain === null ? "–" : points(gain),
    verdict?.words ?? "–",
  ];
}

/** Whose it is, where that is not fgkd's to make. */
function titleOf({ row }: CellOutcome): string {
  return row.made ? row.title : `${row.title} (as published)`;
}

/** What holds of the whole table. */
export function notesOf(outcome: TableOutcome): readonly string[] {
  const { table, seeds, asPublished, wanted, merged } = outcome;
  const scans = scanNotes(outcome);
  const slips = table.rows.flatMap(({ title, slip }) => (slip === undefined ? [] : [`${title}: ${slip}`]));
  const other = table.rows.flatMap(({ title, here }) => (here === undefined ? [] : [`${title}: here ${here}`]));
  const same = merged.map(({ row, as }) => `${row.title}: at demo scale the same run as ${as.title}.`);
  const unlike = [
    wanted.scale === "demo" && "demo scale: small networks, from scratch",
    wanted.scale === "paper" && wanted.fromScratch && "from scratch, without the weights that were published",
    wanted.epochs !== undefined && `${wanted.epochs} epochs`,
    wanted.isChanged && "settings of your own (--set)",
    Object.keys(wanted.places).length === 0 && "other images",
  ].filter((word) => typeof word === "string");
  return [
    `Seeds ${seeds.join(", ")}. Intervals are of 95 %, over seeds and test images${seeds.length < 2 ? "; of one seed over images alone" : ""}.`,
    ...(asPublished
      ? []
      : [`Not as published (${unlike.join("; ")}): gains are held against each other, accuracies are not.`]),
    ...scans,
    ...same,
    ...other,
    ...slips,
  ];
}

/** A document of Markdown. */
export function asMarkdown(outcome: TableOutcome): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const tables = rowsOf(outcome).map(
    ({ title, rows }) =>
      `## ${title}\n\n${[line(columnHeads), line(columnHeads.map(() => "---")), ...rows.map(line)].join("\n")}\n`,
  );
  return `# ${outcome.table.title}\n\n${tables.join("\n")}\n${notesOf(outcome)
    .map((note) => `- ${note}\n`)
    .join("")}`;
}

/** A page of HTML that needs nothing else. */
export async function asPage(outcome: TableOutcome): Promise<string> {
  const tables = rowsOf(outcome).map(
    ({ title, rows }) =>
      html`<section class="verdicts"><h2>${nameOf(title)}</h2>${tableOf(title, columnHeads, rows)}</section>`,
  );
  const notes = html`<ul class="notices">${notesOf(outcome).map((note) => html`<li>${note}</li>`)}</ul>`;
  return documentOf(outcome.table.title, "fgkd reproduce", html`${await scanCharts(outcome)}${tables}${notes}`);
}

/** Where and when the runs were made. */
export interface MadeWhere {
  readonly preset: string;
  /** As the manifests say: "onednn". */
  readonly engine?: string;
  /** The day on which the last of them ended: "2026-11-28". */
  readonly ended?: string;
}

/** For programs: numbers as they are, and no path of this machine. */
export function asJson({ table, seeds, asPublished, wanted, merged, cells }: TableOutcome, made?: MadeWhere): object {
  const { scale, place, places, epochs, fromScratch, isChanged } = wanted;
  const data =
    place === undefined ? Object.entries(places).map(([set, at]) => `${set}=${placeName(at)}`) : [placeName(place)];
  const columns = [...new Set(cells.map(({ column }) => column))];
  return {
    ...made,
    table: table.name,
    title: table.title,
    ...{ scale, data, seeds, epochs, fromScratch, isChanged, asPublished },
    columns: columns.map(({ name, title }) => ({ name, title })),
    merged: merged.map(({ row, as }) => ({ row: row.name, as: as.name })),
    cells: cells.map(({ row, column, ...cell }) => ({ row: row.name, column: column.name, ...cell })),
  };
}
