/** What a killed process has left half written: found by its name, and taken away where no link leads elsewhere. */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unfinished } from "../values/artifacts.js";

/** A file beside its place is called `<name>.<eight digits>.tmp`, otherwise each time; in earlier versions `<name>.tmp`. */
const temporaryName = new RegExp(`^(.+?)(\\.[0-9a-f]{8})?\\${unfinished}$`);

/** The file that an unfinished one was to become; `null` for any other file. */
function finishedName(file: string): string | null {
  return temporaryName.exec(file)?.[1] ?? null;
}

/** False where there is none, and for a link: what lies behind it may be anybody's. */
export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Removes unfinished files, and no others: links stay, and are not followed.
 *
 * @param isKept whether fgkd writes a file of that name there
 * @param depth how many levels of folders below are looked through
 * @throws the system's error
 */
export function removeUnfinished(folder: string, isKept: (name: string) => boolean, depth = 0): void {
  if (!isFolder(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = finishedName(entry.name);
    if (entry.isDirectory() && depth > 0) removeUnfinished(path, isKept, depth - 1);
    else if (entry.isFile() && name !== null && isKept(name)) rmSync(path, { force: true });
  }
}
