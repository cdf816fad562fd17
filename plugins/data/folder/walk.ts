/** Finds the files of classes, each folder once, whatever links lead to it. */
import { join } from "node:path";
import { invalidData } from "../../../core/index.js";
import { isWithin, type Listing, list, realPath } from "./listing.js";
import type { Litter, LitterCounts } from "./litter.js";

/** How deep folders within a class folder are followed. */
const DEPTH = 4;

/** A walk over the class folders of one split, and what it has come by. */
export interface Walk {
  /** By where a folder really lies: the class that has its images. */
  readonly reached: Map<string, string>;
  readonly litter: LitterCounts;
  /** Folders that lie too deep. */
  readonly tooDeep: string[];
}

export function startWalk(litter: LitterCounts, tooDeep: string[]): Walk {
  return { reached: new Map(), litter, tooDeep };
}

/** A folder on the way. */
export interface Spot {
  /** As messages name it. */
  readonly path: string;
  /** Where it really lies. */
  readonly real: string;
}

/** A folder that was looked into. */
export interface Place extends Spot {
  readonly listing: Listing;
}

/** @throws FGKD_PATH */
export async function lookInto(spot: Spot): Promise<Place> {
  return { ...spot, listing: await list(spot.path) };
}

/** A folder within another. @throws FGKD_PATH; FGKD_INVALID_DATA when a link leads back up: it would never end */
export async function stepInto({ path, real, listing }: Place, name: string): Promise<Spot> {
  const inner = join(path, name);
  const target = await realPath(path, name, real, listing);
  if (listing.links.has(name) && isWithin(real, target))
    throw invalidData(inner, "a link that leads back to a folder it lies in", "Remove the link.");
  return { path: inner, real: target };
}

/**
 * Paths of all files of a class folder, relative to it, with `/`; byte-wise sorted folder by folder.
 *
 * @throws FGKD_PATH; FGKD_INVALID_DATA when a folder belongs to two classes, or a link leads back up
 */
export async function filesOf(spot: Spot, className: string, walk: Walk, depth = DEPTH): Promise<readonly string[]> {
  const owner = walk.reached.get(spot.real);
  if (owner === className) return [];
  if (owner !== undefined) {
    const problem = `its images are those of class "${owner}" already, by a link`;
    throw invalidData(spot.path, problem, "Remove the link: an image has one class.");
  }
  walk.reached.set(spot.real, className);
  const place = await lookInto(spot);
  const { folders, files, litter } = place.listing;
  count(litter, walk.litter);
  if (depth === 0) {
    walk.tooDeep.push(...folders.map((name) => join(spot.path, name)));
    return files;
  }
  const found = [...files];
  // One after the other: which of two ways to a folder counts depends on names alone.
  for (const name of folders) {
    const below = await filesOf(await stepInto(place, name), className, walk, depth - 1);
    for (const file of below) found.push(`${name}/${file}`);
  }
  return found;
}

function count(from: LitterCounts, to: LitterCounts): void {
  for (const [kind, number] of from as ReadonlyMap<Litter, number>) to.set(kind, (to.get(kind) ?? 0) + number);
}
