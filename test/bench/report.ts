/** Results as tables: for a terminal, or in Markdown. */
import { type Column, table } from "../../core/cli/terminal/tables.js";
import type { Result } from "./contest.js";
import type { ProfileRow } from "./profile.js";
import type { Single } from "./singles.js";
import type { BenchPrecision } from "./workloads.js";

/** The best rate that convolutions reach, in each precision that was measured. */
export type Peaks = Readonly<Partial<Record<BenchPrecision, number>>>;

/** Draws rows under heads; the first column to the left, numbers to the right. */
export type Draw = (heads: readonly string[], rows: readonly (readonly string[])[], left?: number) => string;

export const inTerminal: Draw = (heads, rows, left = 1) => {
  const columns: Column[] = heads.map((head, index) => ({ head, align: index < left ? "left" : "right" }));
  return table(columns, rows, process.stdout, process.env);
};

export const inMarkdown: Draw = (heads, rows, left = 1) => {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map((_, index) => (index < left ? "---" : "---:"))), ...rows.map(line)].join("\n");
};

/** One row for each workload. `peaks` in operations a second, of products in each precision. */
export function contestTable(results: readonly Result[], peaks: Peaks, draw: Draw): string {
  const heads = [
    "workload",
    "fgkd s",
    "PyTorch s",
    "ratio",
    "least–most",
    "target",
    "CPU ratio",
    "fgkd MiB",
    "PyTorch MiB",
  ];
  const rows = results.map(({ workload, precision, fgkd, peer, ratio, target, operations }) => [
    workload,
    fgkd.seconds.toFixed(3),
    peer ? peer.seconds.toFixed(3) : "–",
    ratio ? ratio.median.toFixed(2) : "–",
    ratio ? `${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}` : "–",
    target ? `≤ ${target.toFixed(2)}` : "–",
    peer ? (fgkd.processor / peer.processor).toFixed(2) : "–",
    mebibytes(fgkd.bytes),
    peer ? mebibytes(peer.bytes) : "–",
    peer ? (fgkd.bytes / peer.bytes).toFixed(2) : "–",
    (operations / fgkd.seconds / 1e9).toFixed(0),
    `${((100 * operations) / fgkd.seconds / (peaks[precision] ?? Number.NaN)).toFixed(0)} %`,
  ]);
  return draw([...heads, "memory", "GFLOP/s", "of peak"], rows);
}

/** The longest rows of a profile, and the rest in one. */
export function profileTable(rows: readonly ProfileRow[], draw: Draw, longest = 40): string {
  const total = sum(rows, "milliseconds");
  const rest = rows.slice(longest);
  const times = { milliseconds: sum(rest, "milliseconds"), processor: sum(rest, "processor") };
  const others = { kernel: `${rest.length} more`, shapes: "", calls: 0, operations: 0, ...times };
  const shown = rest.length > 0 ? [...rows.slice(0, longest), others] : rows;
  return draw(
    ["kernel", "shapes", "calls", "ms", "share", "CPU ms", "GFLOP/s"],
    shown.map(({ kernel, shapes, calls, milliseconds, processor, operations }) => [
      kernel,
      shapes,
      calls > 0 ? `${Math.round(calls)}` : "",
      milliseconds.toFixed(1),
      `${((100 * milliseconds) / total).toFixed(1)} %`,
      processor.toFixed(1),
      operations > 0 ? (operations / milliseconds / 1e6).toFixed(0) : "",
    ]),
    2,
  );
}

/** The same, all shapes of a kernel together. */
export function kernelTable(rows: readonly ProfileRow[], draw: Draw): string {
  const kernels = new Map<string, ProfileRow>();
  for (const row of rows) {
    const known = kernels.get(row.kernel);
    kernels.set(row.kernel, {
      ...row,
      shapes: "",
      calls: row.calls + (known?.calls ?? 0),
      milliseconds: row.milliseconds + (known?.milliseconds ?? 0),
      processor: row.processor + (known?.processor ?? 0),
      operations: row.operations + (known?.operations ?? 0),
    });
  }
  const longest = [...kernels.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  return profileTable(longest, draw, 20);
}

/** One row for each kernel measured by itself. `peak` in operations a second. */
export function singlesTable(rows: readonly Single[], peak: number, draw: Draw): string {
  return draw(
    ["kernel", "shapes", "ms", "GFLOP/s", "of peak", "× copy"],
    rows.map(({ kernel, shapes, milliseconds, operations, overCopy }) => [
      kernel,
      shapes,
      milliseconds.toFixed(2),
      operations > 0 ? (operations / milliseconds / 1e6).toFixed(0) : "–",
      operations > 0 ? `${((100 * operations) / (milliseconds / 1000) / peak).toFixed(0)} %` : "–",
      overCopy.toFixed(1),
    ]),
    2,
  );
}

function sum(rows: readonly ProfileRow[], field: "milliseconds" | "processor"): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
