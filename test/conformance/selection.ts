/** Which of tfjs-core's tests run on which engine, and which are left out, with the reason. */
import { existsSync, readFileSync } from "node:fs";

interface Exclusion {
  /** A regular expression that the tests' full names match. */
  readonly test: string;
  /** Why these tests say nothing about our engine. */
  readonly reason: string;
}

export interface Selection {
  /** Test files that touch our kernels, relative to tfjs-core's `dist`. */
  readonly files: readonly string[];
  readonly exclusions: readonly Exclusion[];
}

/** Reads `<engine>.json`; an engine without one runs the files of `wasm` unless asked for all, and leaves nothing out. */
export function selectionFor(engine: string): Selection {
  return read(engine) ?? { files: read("wasm")?.files ?? [], exclusions: [] };
}

function read(engine: string): Selection | undefined {
  const file = new URL(`./${engine}.json`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Selection) : undefined;
}
