/** The last figures, machine by machine: what a benchmark is compared with, told and not failed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Result } from "./contest.js";
import type { Draw } from "./report.js";

/** Of one workload. */
interface Figure {
  /** Of a step: the least of the turns, for other programs only ever take time away. */
  readonly seconds: number;
  /** Of all processors, in a step: the median over the turns. */
  readonly processor: number;
  /** Peak resident memory. */
  readonly bytes: number;
}

/** Of one machine: processor, threads and engine. */
interface Recorded {
  /** `2026-11-21`. */
  readonly date: string;
  /** Of other programs, before the first step: above 0.5 the times are not to be trusted. */
  readonly load: number;
  /** By workload. */
  readonly workloads: Readonly<Record<string, Figure>>;
}

/** By machine. */
export type Figures = Readonly<Record<string, Recorded>>;

/** So many times what it was is told; what is below may be noise. */
const tolerated = { processor: 1.25, bytes: 1.1 } as const;

const file = fileURLToPath(new URL("figures.json", import.meta.url));

export function readFigures(from = file): Figures {
  return existsSync(from) ? (JSON.parse(readFileSync(from, "utf8")) as Figures) : {};
}

/** Puts these results in the place of the machine's own, workload by workload; those of other machines stay. */
export function recordFigures(machine: string, load: number, results: readonly Result[], into = file): void {
  const figures = readFigures(into);
  const workloads = { ...figures[machine]?.workloads, ...figuresOf(results) };
  const recorded: Recorded = { date: new Date().toISOString().slice(0, 10), load: round(load), workloads };
  writeFileSync(into, `${JSON.stringify({ ...figures, [machine]: recorded }, null, 2)}\n`);
}

/**
 * What became of each workload since it was recorded on this machine.
 *
 * @returns a table, then a line for each that takes more processor time or memory than is tolerated
 */
export function compared(figures: Figures, machine: string, results: readonly Result[], draw: Draw): string {
  const last = figures[machine] ?? { date: "", load: 0, workloads: {} };
  const rows = Object.entries(figuresOf(results)).flatMap(([workload, now]) => {
    const then = last.workloads[workload];
    return then ? [{ workload, then, now }] : [];
  });
  if (rows.length === 0) return `No figures of this on this machine (${machine}) yet: --record keeps these.`;
  const heads = ["workload", "s", "then", "CPU s", "then", "MiB", "then"];
  const cells = rows.map(({ workload, then, now }) => [
    workload,
    ...[now.seconds, then.seconds, now.processor, then.processor].map((seconds) => seconds.toFixed(3)),
    ...[now.bytes, then.bytes].map((bytes) => (bytes / 2 ** 20).toFixed(0)),
  ]);
  const busy = last.load > 0.5 ? `, with other programs running (load ${last.load})` : "";
  return [
    `Against the figures of ${last.date}${busy}:`,
    draw(heads, cells),
    ...rows.flatMap(({ workload, then, now }) => [
      ...told(workload, "processor time", now.processor / then.processor, tolerated.processor),
      ...told(workload, "memory", now.bytes / then.bytes, tolerated.bytes),
    ]),
  ].join("\n");
}

function told(workload: string, what: string, ratio: number, most: number): readonly string[] {
  return ratio > most ? [`MORE ${what} than before: ${workload}, ${ratio.toFixed(2)} times.`] : [];
}

function figuresOf(results: readonly Result[]): Readonly<Record<string, Figure>> {
  return Object.fromEntries(
    results.map(({ workload, fgkd: { turns, processor, bytes } }) => [
      workload,
      { seconds: round(Math.min(...turns)), processor: round(processor), bytes },
    ]),
  );
}

/** To the thousandth: what is below it is never the same twice. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
