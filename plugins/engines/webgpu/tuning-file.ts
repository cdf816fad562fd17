/**
 * Tiles that were measured on one device, in a file that only grows: a line for each product. A run computes with the lines
 * that stood there when it began, and its manifest names them by their number and digest, so that whoever resumes it has them
 * again, whatever was measured since.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../core/index.js";
import type { Tuning } from "./kernels/products/tuning.js";

/** A tuning that a run computes with. */
export interface TuningTable extends Tuning {
  /** How it is called in manifests: `LINES-DIGEST`. */
  readonly id: string;
}

/** Of a device: adapter, driver and what implements WebGPU, in words. */
export function tuningFile(device: string, folder: string = cacheFolder()): string {
  return join(folder, "tuning", `webgpu-${digestOf([device])}.jsonl`);
}

/**
 * The lines of a file, or the first of them.
 *
 * @param id which; default: all that are there
 * @throws Error when the file does not begin with the lines that `id` means
 */
export function readTuning(file: string, id?: string): TuningTable {
  const all = linesOf(file);
  const lines = id === undefined ? all : all.slice(0, Number(id.split("-")[0]));
  const own = idOf(lines);
  if (id !== undefined && own !== id)
    throw new Error(
      `the tuning ${id} that the run began with is not in ${file}: put that file back, or choose tuning "off"`,
    );
  const table = new Map<string, string>();
  for (const line of lines) {
    const entry = entryOf(line);
    // Two processes may have measured the same: the first of them counts.
    if (entry && !table.has(entry.product)) table.set(entry.product, entry.tile);
  }
  return { id: own, get: (product) => table.get(product), set: (product, tile) => add(file, { product, tile }) };
}

interface Entry {
  readonly product: string;
  readonly tile: string;
}

/** One write: lines of several processes do not mix. */
function add(file: string, entry: Entry): void {
  mkdirSync(join(file, ".."), { recursive: true });
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** Whole lines: the last may be half written by somebody who was stopped. */
function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

/** Nothing for a line that is no entry: it counts as a line, and says nothing. */
function entryOf(line: string): Entry | undefined {
  try {
    const { product, tile } = JSON.parse(line) as Partial<Entry>;
    return typeof product === "string" && typeof tile === "string" ? { product, tile } : undefined;
  } catch {
    return undefined;
  }
}

function idOf(lines: readonly string[]): string {
  return `${lines.length}-${digestOf(lines)}`;
}

function digestOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
