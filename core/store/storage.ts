/** Writing into the run folder: files in full or not at all, and the system's errors as diagnostics. */
import { storageFailed } from "../values/errors.js";
import { writeTextAtomically } from "./atomic.js";

/** As the run folder's JSON files are laid out. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** @throws FGKD_STORAGE */
export function writeJson(path: string, value: unknown): void {
  writeText(path, jsonText(value));
}

/** @throws FGKD_STORAGE */
export function writeText(path: string, text: string): void {
  asStorage(path, () => writeTextAtomically(path, text));
}

/** @throws FGKD_STORAGE for errors of the system */
export function asStorage(path: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw storageFailed((error as NodeJS.ErrnoException).path ?? path, error);
  }
}
