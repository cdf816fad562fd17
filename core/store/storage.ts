/** Writing into the run folder: files in full or not at all, and the system's errors as diagnostics. */
import { FgkdError, storageFailed } from "../values/errors.js";
import { type Permission, writeTextAtomically } from "./atomic.js";

/** As the run folder's JSON files are laid out. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** @throws FGKD_STORAGE, and what `permission` throws */
export function writeText(path: string, text: string, permission?: Permission): void {
  asStorage(path, () => writeTextAtomically(path, text, permission));
}

/** @throws FGKD_STORAGE for errors of the system */
export function asStorage(path: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (error instanceof FgkdError) throw error;
    throw storageFailed((error as NodeJS.ErrnoException).path ?? path, error);
  }
}
