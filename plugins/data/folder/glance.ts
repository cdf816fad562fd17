/** Sets so large that looking at every file would take minutes of every start: which files are looked at, and what of the others. */
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
 * A report on each file. Of more than `most`, a sample is opened; that the others are there, their folders' listing has said, or that of
 * a set's lists.
 */
export async function glanceAt(paths: readonly string[], most: number): Promise<Glance> {
  const every = paths.length > most ? Math.ceil(paths.length / Math.min(SAMPLE, most)) : 1;
  const reports: FileReport[] = [];
  let looked = 0;
  for (const [index, path] of paths.entries()) {
    if (index % every !== 0) reports.push(unopened);
    else {
      if (looked++ % TURN === 0) await setImmediate();
      reports.push(inspectFile(path));
    }
  }
  return { reports, looked };
}

const unopened: FileReport = { size: 0, hash: "", suspicious: false, isUnopened: true };
