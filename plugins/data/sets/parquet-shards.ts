/** Finds the parquet files of a data set as the hub hands it out, and what their names say of splits. */

import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Split } from "../../../core/index.js";
import { byBytes, imagesIn, list } from "../folder/listing.js";
import { splitName } from "../folder/split-names.js";

/** `data/train-00000-of-00001.parquet`, `default/train/0000.parquet`. */
const DEPTH = 2;
/** Folders of which more are classes. */
const FOLDERS = 16;

/**
 * Parquet files of a folder, byte-wise sorted; none where it holds images too, unless it shall be read as parquet.
 *
 * @throws FGKD_PATH
 */
export async function shardsIn(folder: string, isAsked: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  const search = async (place: string, depth: number): Promise<boolean> => {
    const listing = await list(place);
    if (!isAsked && (imagesIn(listing).length > 0 || listing.folders.length > FOLDERS)) return false;
    for (const name of await readdir(place))
      if (/\.parquet$/i.test(name) && !name.startsWith(".")) found.push(join(place, name));
    if (depth === 0) return true;
    for (const name of listing.folders) if (!(await search(join(place, name), depth - 1))) return false;
    return true;
  };
  return (await search(folder, DEPTH)) ? found.sort(byBytes) : [];
}

/** Of which split a file is, by its name or its folder's; `undefined` where neither says. */
export function splitOfShard(path: string): Split | undefined {
  const [name, folder] = [basename(path).replace(/\.parquet$/i, ""), basename(dirname(path))];
  return (splitName(name.replace(/-of-/, "-")) ?? splitName(folder))?.split;
}
