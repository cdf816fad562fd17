/** Finds the lists of a set, which people move about within it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** How deep below the set's root. */
const DEPTH = 3;
/** Folders looked into: a set's lists never lie among the folders of its classes. */
const FOLDERS = 12;

/**
 * A file of that name, the one that lies highest, relative to the root, with `/`; `undefined` where there is none.
 *
 * @param root any folder
 */
export async function findList(root: string, name: string): Promise<string | undefined> {
  let level = [""];
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      const entries = await readdir(join(root, folder), { withFileTypes: true });
      if (entries.some((entry) => entry.name === name && !entry.isDirectory())) return `${folder}${name}`;
      const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => `${folder}${entry.name}/`);
      if (folders.length <= FOLDERS) next.push(...folders.sort());
    }
    level = next;
  }
  return undefined;
}

/** All names in a folder. */
export async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(folder));
}
