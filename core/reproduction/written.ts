/** A table's outcome for people and programs: Markdown, HTML, JSON. */
import { html, nameOf } from "../report/markup.js";
import { documentOf } from "../report/page.js";
import { tableOf } from "../report/table.js";
import { percent, points } from "../values/wording.js";
import type { CellOutcome, TableOutcome } from "./outcome.js";

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

function textOf({ row, published, ours, accuracies, gain, publishedGain, verdict }: CellOutcome): string[] {
  const title = row.made ? row.title : `${row.title} (not fgkd's)`;
  return [
    title,
    percent(published),
    percent(ours?.mean),
    ours ? `± ${ours.reach.toFixed(1)}` : "–",
    accuracies.map((value) => value.toFixed(1)).join(" ") || "–",
    publishedGain === null ? "–" : points(publishedGain),
    gain === null ? "–" : points(gain),
    verdict?.words ?? "–",
  ];
}

/** What holds of the whole table. */
export function notesOf({ table, seeds, asPublished }: TableOutcome): readonly string[] {
  const slips = table.rows.flatMap(({ title, slip }) => (slip === undefined ? [] : [`${title}: ${slip}`]));
  return [
    `Seeds ${seeds.join(", ")}. Intervals are of 95 %, over seeds and test images${seeds.length < 2 ? "; of one seed over images alone" : ""}.`,
    ...(asPublished
      ? []
      : ["Data, scale or epochs are not the published ones: gains are held against each other, accuracies are not."]),
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
export function asPage(outcome: TableOutcome): string {
  const tables = rowsOf(outcome).map(
    ({ title, rows }) => html`<section><h2>${nameOf(title)}</h2>${tableOf(title, columnHeads, rows)}</section>`,
  );
  const notes = html`<ul class="notices">${notesOf(outcome).map((note) => html`<li>${note}</li>`)}</ul>`;
  return documentOf(outcome.table.title, "fgkd reproduce", html`${tables}${notes}`);
}

/** For programs: numbers as they are. */
export function asJson({ table, seeds, asPublished, cells }: TableOutcome): object {
  return {
    table: table.name,
    title: table.title,
    seeds,
    asPublished,
    cells: cells.map(({ row, column, ...cell }) => ({ row: row.name, column: column.name, ...cell })),
  };
}
