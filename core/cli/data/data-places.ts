/** What `--data` says: a place, a place and what it is (`cub=/path`), or several of these with a plus sign between them. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";

/** Where a data set is, as the folder source takes it. */
export interface DataPlace {
  /** Absolute, so that a run can be resumed from elsewhere. */
  readonly path: string;
  /** What it is; absent where it is to be recognised. */
  readonly layout?: string;
}

/** `<layout>=<path>` */
const NAMED = /^([a-z][a-z\d]*)=(.+)$/;

/** At least one. What exists under the whole name is one place, whatever characters it is called by. */
export function dataPlaces(text: string, cwd: string): readonly [DataPlace, ...DataPlace[]] {
  const whole: DataPlace = { path: resolve(cwd, text) };
  if (existsSync(whole.path)) return [whole];
  const parts = text.split("+");
  const [first, ...others] = parts.every((part) => part !== "") ? parts : [text];
  return [placeOf(first as string, cwd), ...others.map((part) => placeOf(part, cwd))];
}

function placeOf(text: string, cwd: string): DataPlace {
  if (existsSync(resolve(cwd, text))) return { path: resolve(cwd, text) };
  const [, layout, path = text] = NAMED.exec(text) ?? [];
  // A shell leaves it alone within a word.
  const own = path.replace(/^~(?=\/)/, homedir());
  return { path: resolve(cwd, own), ...(layout !== undefined && { layout }) };
}
