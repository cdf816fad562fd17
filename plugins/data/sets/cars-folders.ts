/** Stanford Cars as folders that are called like classes: sorted by name, their labels would be those of no checkpoint. */
import { invalidData, suggest } from "../../../core/index.js";
import { type FolderLayout, readLayout } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";
import { splitFolders } from "../folder/split-names.js";
import { lookInto, type Place, stepInto } from "../folder/walk.js";
import { carNames } from "./cars-names.js";
import type { SetReader } from "./reader.js";

/** Fewer folders may be called like cars by chance. */
const FEWEST = 3;

/** Case, spaces and punctuation left out: `/` cannot be in a folder's name, and every packing has something else for it. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]/g, "");
}

/** Whether most class folders, here or in splits, are called like cars of the set. */
export async function areCarFolders(place: Place): Promise<boolean> {
  const keys = new Set(carNames.map(keyOf));
  const areMostly = (folders: readonly string[]) => {
    const known = folders.filter((name) => keys.has(keyOf(name))).length;
    return known >= FEWEST && known > folders.length / 2;
  };
  if (areMostly(place.listing.folders)) return true;
  const [train] = splitFolders(place.listing.folders).train;
  if (train === undefined) return false;
  return areMostly((await lookInto(await stepInto(place, train))).listing.folders);
}

/**
 * Class folders with their labels in the set's own order.
 *
 * @throws FGKD_INVALID_DATA for a folder that is called like none of its classes
 */
export async function readCarFolders(
  place: Place,
  options: Required<FolderOptions>,
  { names, order }: { readonly names: readonly string[]; readonly order: string },
  { name: layout, title }: Pick<SetReader, "name" | "title">,
): Promise<FolderLayout> {
  const byKey = new Map(names.map((name) => [keyOf(name), name]));
  const read = await readLayout({ ...options, path: place.path });
  const official = new Map(
    read.classes.map((folder) => {
      const name = byKey.get(keyOf(folder));
      if (name !== undefined) return [folder, name];
      const problem = `the folder "${folder}" is called like no class of ${title}`;
      throw invalidData(place.path, problem, `Rename it, or read it with layout "folders".${suggest(folder, names)}`);
    }),
  );
  const there = new Set(official.values());
  return {
    ...read,
    classes: names.filter((name) => there.has(name)),
    candidates: read.candidates.map((one) => ({ ...one, className: official.get(one.className) ?? one.className })),
    published: { layout, title, order },
  };
}
