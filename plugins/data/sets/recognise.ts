/** Finds a published set in a folder that somebody named: that folder, or one that archives put into it. */
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { invalidData, namedList } from "../../../core/index.js";
import { folderProblem } from "../folder/listing.js";
import { splitName } from "../folder/split-names.js";
import { lookInto, type Place, stepInto } from "../folder/walk.js";
import type { SetReader } from "./reader.js";

/** How many folders may lie around a set. */
const WRAPPED = 3;
/** Of more folders than that none is looked into: they are classes. */
const FOLDERS = 12;

/** A set, and where it is. */
export interface Recognised {
  readonly reader: SetReader;
  readonly place: Place;
}

/**
 * The set that lies highest; `undefined` where no reader recognises any.
 *
 * @throws FGKD_INVALID_DATA where several lie side by side; FGKD_PATH
 */
export async function recognise(path: string, readers: readonly SetReader[]): Promise<Recognised | undefined> {
  let level = [await placeAt(path)];
  for (let depth = 0; depth <= WRAPPED && level.length > 0; depth++) {
    const found: Recognised[] = [];
    for (const place of level) {
      const reader = await readerOf(place, readers);
      if (reader) found.push({ reader, place });
    }
    const [first, ...others] = found;
    if (first && others.length === 0) return first;
    if (first) throw several(path, found);
    level = (await Promise.all(level.map(within))).flat();
  }
  return undefined;
}

/** Of a folder in which no set was found: the set that it is a part of. */
export async function recogniseAround(path: string, readers: readonly SetReader[]): Promise<Recognised | undefined> {
  try {
    const outer = await placeAt(dirname(path));
    const reader = await readerOf(outer, readers);
    return reader && { reader, place: outer };
  } catch {
    // Nobody named that folder: what cannot be read in it, or goes away meanwhile, is no mistake.
    return undefined;
  }
}

/** @throws FGKD_PATH */
export async function placeAt(path: string): Promise<Place> {
  const real = await realpath(path).catch((error: unknown) => {
    throw folderProblem(path, error);
  });
  return lookInto({ path, real });
}

async function readerOf(place: Place, readers: readonly SetReader[]): Promise<SetReader | undefined> {
  for (const reader of readers) if (await reader.recognises(place)) return reader;
  return undefined;
}

/** What archives may have put there; splits of a user's own are none of it. */
async function within(place: Place): Promise<readonly Place[]> {
  const { folders } = place.listing;
  if (folders.length > FOLDERS || folders.some((name) => splitName(name)?.rest === "")) return [];
  const places: Place[] = [];
  for (const name of folders) {
    // Links are followed where the set says so, not in search of one.
    if (!place.listing.links.has(name)) places.push(await lookInto(await stepInto(place, name)));
  }
  return places;
}

function several(path: string, found: readonly Recognised[]) {
  const names = found.map(({ reader, place }) => `${reader.title} in ${place.path}`);
  return invalidData(
    path,
    `several data sets: ${namedList(names)}`,
    "Name the folder of one, or join folders with a plus sign to train on all of their classes.",
  );
}
