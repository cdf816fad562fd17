/** Rows that differ in one number, of which a publication names the best: whether that is the best here, too. */
import { drawChart, figure } from "../report/charts.js";
import { html, type Markup } from "../report/markup.js";
import type { PublishedColumn, PublishedScan } from "../run/published.js";
import { points } from "../values/wording.js";
import { type Estimate, gainOver } from "./estimate.js";
import type { CellOutcome, TableOutcome } from "./outcome.js";

interface Scanned {
  readonly title: string;
  readonly ours: Estimate;
  readonly isBest: boolean;
}

/** A sentence for each scan of each column that has more than one figure, that of the published best among them. */
export function scanNotes({ table, cells }: TableOutcome): readonly string[] {
  return columnsOf(cells).flatMap((column) =>
    (table.scans ?? []).flatMap((scan) => {
      const words = judgeBest(scannedIn(scan, column, cells));
      return words === undefined ? [] : [`${scan.title}, ${column.title}: ${words}`];
    }),
  );
}

/** A chart for each scan of each column: accuracies with their intervals. */
export async function scanCharts({ table, cells }: TableOutcome): Promise<Markup | null> {
  const charts = columnsOf(cells).flatMap((column) =>
    (table.scans ?? []).flatMap((scan) => {
      const found = scannedIn(scan, column, cells);
      return found.length > 1 ? [chartOf(scan, column, found)] : [];
    }),
  );
  return charts.length > 0 ? html`<section><div class="charts">${await Promise.all(charts)}</div></section>` : null;
}

function columnsOf(cells: readonly CellOutcome[]): readonly PublishedColumn[] {
  return [...new Set(cells.map(({ column }) => column))];
}

function scannedIn(scan: PublishedScan, column: PublishedColumn, cells: readonly CellOutcome[]): readonly Scanned[] {
  return scan.rows.flatMap((name) => {
    const cell = cells.find((one) => one.column === column && one.row.name === name);
    return cell?.ours ? [{ title: cell.row.title, ours: cell.ours, isBest: name === scan.best }] : [];
  });
}

/** @returns nothing where there is nothing to compare */
function judgeBest(scanned: readonly Scanned[]): string | undefined {
  const published = scanned.find(({ isBest }) => isBest);
  const [first, second] = [...scanned].sort((one, other) => other.ours.mean - one.ours.mean);
  if (!published || !first || !second) return undefined;
  const told = `best as published ${published.title}, best here ${first.title}`;
  const { gain, reach } = gainOver(first.ours, first === published ? second.ours : published.ours);
  const ahead = `${points(gain)} ± ${reach.toFixed(1)} points ahead of ${first === published ? second.title : published.title}`;
  if (gain <= reach) return `too few images or seeds: ${told}, ${ahead}`;
  return `${first === published ? "reproduced" : "not reproduced"}: ${told}, ${ahead}`;
}

async function chartOf(scan: PublishedScan, column: PublishedColumn, scanned: readonly Scanned[]): Promise<Markup> {
  const values = scanned.map(({ title, ours: { mean, reach }, isBest }) => {
    return { title, mean, low: mean - reach, high: mean + reach, isBest };
  });
  const x = { field: "title", type: "ordinal", title: null, sort: null, axis: { labelAngle: 0, grid: false } };
  const y = { type: "quantitative", title: null, axis: { tickCount: 5 }, scale: { zero: false } };
  const color = { condition: { test: "datum.isBest", value: "var(--s1)" }, value: "var(--s0)" };
  const chart = await drawChart(
    {
      data: { values },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        { mark: { type: "point", filled: true, size: 50 }, encoding: { x, y: { ...y, field: "mean" }, color } },
      ],
    },
    `accuracy by ${scan.title}: ${scanned.map(({ title, ours }) => `${title} ${ours.mean.toFixed(1)} %`).join("; ")}`,
  );
  return figure(
    chart,
    html`<b>${scan.title}</b>, ${column.title} <span class="dim">percent, with intervals of 95 %; orange: published as best</span>`,
  );
}
