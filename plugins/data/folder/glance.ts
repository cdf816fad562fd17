/** Sets so large that looking at every file would take minutes of every start: which files are looked at, and what of the others. */
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type FileReport, inspectFile } from "../images/inspect.js";

/** Images of a set of which every file is looked at; CUB-200-2011 and Stanford Dogs together, and NABirds, are below. */
export const lookAtAll = 50_000;

/** Of a larger one, so many, spread evenly. */
const SAMPLE = 2000;

/** Files looked at before others get a turn: the terminal, and Ctrl-C. */
const TURN = 100;

export interface Glance {
  /** In the order of the paths. */
  readonly reports: readonly FileReport[];
  /** How many files were opened. */
  readonly looked: number;
}

/**
 * A report on each file. Of more than `most`, a sample is opened, and the others are there.
 *
 * @param areListed whether somebody has seen the files themselves, and not their names in a text; else each folder is listed once
 */
export async function glanceAt(paths: readonly string[], most: number, areListed: boolean): Promise<Glance> {
  const isLarge = paths.length > most;
  const every = isLarge ? Math.ceil(paths.length / Math.min(SAMPLE, most)) : 1;
  const missing = isLarge && !areListed ? await missingOf(paths) : new Set<string>();
  const reports: FileReport[] = [];
  let looked = 0;
  for (const [index, path] of paths.entries()) {
    if (index % every === 0) {
      if (looked++ % TURN === 0) await setImmediate();
      reports.push(inspectFile(path));
    } else reports.push(missing.has(path) ? notThere : unopened);
  }
  return { reports, looked };
}

const unopened: FileReport = { size: 0, hash: "", suspicious: false, isUnopened: true };
const notThere: FileReport = { ...unopened, problem: "is not there" };

async function missingOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Map<string, ReadonlySet<string>>();
  for (const folder of new Set(paths.map(dirname))) names.set(folder, new Set(await readdir(folder).catch(() => [])));
  return new Set(paths.filter((path) => !names.get(dirname(path))?.has(basename(path))));
}
