/** What only the process that trained knows, kept in the run folder for pages to come: `report.json`. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkTree, readJsonFile } from "../store/json-file.js";
import { reportFiles } from "../store/place.js";
import { jsonText, writeText } from "../store/storage.js";

/** What a run said, and how much memory its largest process had, in bytes. */
export interface Told {
  readonly warnings: readonly string[];
  readonly peakMemory: number | null;
}

/** More says nothing more. */
const most = { warnings: 200, characters: 2000, bytes: 2 ** 22 } as const;

const schema = z.looseObject({ warnings: z.array(z.string()), peakMemory: z.number().nonnegative().nullable() });

/** Nothing where nobody has kept it. @throws Error saying what is wrong with the file */
export function readTold(run: string): Told {
  const file = join(run, reportFiles.told);
  if (!existsSync(file)) return { warnings: [], peakMemory: null };
  const value = readJsonFile(file, most.bytes);
  checkTree(value);
  return schema.parse(value);
}

/** Adds what a sitting of the run has to say to that of earlier ones. @throws FGKD_STORAGE */
export function keepTold(run: string, { warnings, peakMemory }: Told): void {
  let before: Told = { warnings: [], peakMemory: null };
  try {
    before = readTold(run);
  } catch {
    // What cannot be read is written anew.
  }
  const all = [...new Set([...before.warnings, ...warnings.map((words) => words.slice(0, most.characters))])];
  const peak = Math.max(before.peakMemory ?? 0, peakMemory ?? 0);
  writeText(
    join(run, reportFiles.told),
    jsonText({ warnings: all.slice(0, most.warnings), peakMemory: peak > 0 ? peak : null }),
  );
}

/**
 * Writes a page, whole or not at all.
 *
 * @param place a run's folder, or a file
 * @returns the file
 * @throws FGKD_STORAGE
 */
export function writePage(place: string, page: string): string {
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? join(place, reportFiles.page) : place;
  writeText(file, page);
  return file;
}
