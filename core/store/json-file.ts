/** JSON files that anybody may have edited, cut off, or put something else in the place of: bounded memory and time. */
import { readFileSync, statSync } from "node:fs";
import { isRefusedKey } from "../values/plain.js";

/** Deeper than any file of a run: settings may be 32 deep, and lie in lists of layers. */
const deepest = 48;

/** More values than any run writes; a check that names what is wrong costs a few hundred bytes for each. */
const most = 500_000;

/**
 * The value in a JSON file.
 *
 * @param largest in bytes
 * @throws Error whose message says what is wrong with the file
 */
export function readJsonFile(path: string, largest: number): unknown {
  const about = statSync(path);
  // Reading a pipe would wait for ever.
  if (!about.isFile()) throw new Error("it is not a file");
  if (about.size > largest) throw new Error(`it has ${about.size} bytes, and more than ${largest} are not expected`);
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)));
}

/**
 * Refuses what is too deep or too much to walk through, keys that mean something to JavaScript itself, and numbers
 * beyond those that JavaScript has.
 *
 * @throws Error whose message names the place
 */
export function checkTree(value: unknown): void {
  const path: string[] = [];
  let seen = 0;
  const fail = (problem: string) => new Error(`${placeOf(path)} ${problem}`);
  const walk = (inner: unknown) => {
    if (++seen > most) throw fail(`is one of more than ${most} values`);
    if (path.length > deepest) throw fail(`lies more than ${deepest} levels deep`);
    if (typeof inner === "number" && !Number.isFinite(inner)) throw fail("is a number beyond all numbers");
    if (typeof inner !== "object" || inner === null) return;
    // Keys alone: pairs of a long list would take many times its memory.
    for (const key of Object.keys(inner)) {
      if (isRefusedKey(key)) throw fail(`has a key "${key}"`);
      path.push(key);
      walk((inner as Readonly<Record<string, unknown>>)[key]);
      path.pop();
    }
  };
  walk(value);
}

/** In words, however long a stranger's keys are. */
export function placeOf(path: readonly PropertyKey[]): string {
  const shown = path.slice(-6).map((key) => String(key).slice(0, 40));
  return path.length === 0 ? "all of it" : `${path.length > 6 ? "…" : ""}${shown.join(".")}`;
}
