/** Two records beside each other. */
import type { Left } from "./left.js";

/** What every run left: a file of `npm run bytes -- --out`. */
export interface Bytes {
  /** Processor and Node.js: bytes may differ between machines. */
  readonly machine: string;
  /** By run: `dadkd, paper, wasm`. */
  readonly runs: Readonly<Record<string, Left>>;
}

/** @returns a line for each text that differs, is gone or is new; none when the records say the same */
export function compare(before: Bytes, after: Bytes): readonly string[] {
  return namesOf(before.runs, after.runs).flatMap((run) => {
    const [old, young] = [before.runs[run], after.runs[run]];
    if (!old) return [`${run}: only in the second record`];
    if (!young) return [`${run}: only in the first record`];
    return namesOf(old, young).flatMap((name) => difference(`${run}: ${name}`, old[name], young[name]));
  });
}

function difference(place: string, before: string | undefined, after: string | undefined): readonly string[] {
  if (before === after) return [];
  if (before === undefined) return [`${place}: new, ${after}`];
  return [after === undefined ? `${place}: gone, was ${before}` : `${place}: was ${before}, is ${after}`];
}

/** Every name of either, those of the first one first. */
function namesOf(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}
