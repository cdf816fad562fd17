/** Looks at the folders of a data set that are called like splits: which hold classes, and which could be classes themselves. */
import type { Split } from "../../../core/index.js";
import { classKey } from "./class-names.js";
import { imagesIn } from "./listing.js";
import { splitFolders, splitName } from "./split-names.js";
import { lookInto, type Place, stepInto } from "./walk.js";

/** How often an archive may hold a split in a folder of the same kind: `seg_train/seg_train`. */
const NESTED = 3;

/** A folder that is called like a split, or named as one, and what is in it. */
export interface FoundSplit {
  /** Beside the root's other folders. */
  readonly name: string;
  /** Relative to the root, with `/`: longer than the name where archives nest. */
  readonly path: string;
  readonly place: Place;
  /** `images`: directly in it and nowhere else, so that it is a class, or has no labels. `both`: beside class folders. */
  readonly holds: "classes" | "both" | "images" | "nothing";
}

export type FoundSplits = Readonly<Record<Split, readonly FoundSplit[]>>;

/** By kind, the most usual name first; those that settings name as test folders are left out. @throws FGKD_PATH, FGKD_INVALID_DATA */
export async function findSplits(root: Place, named: readonly string[]): Promise<FoundSplits> {
  const usual = splitFolders(root.listing.folders.filter((name) => !named.includes(name)));
  return {
    train: await lookAt(root, usual.train),
    validation: await lookAt(root, usual.validation),
    test: await lookAt(root, usual.test),
  };
}

/** Folders of these names, as splits. @throws FGKD_PATH, FGKD_INVALID_DATA */
export function lookAt(root: Place, names: readonly string[]): Promise<readonly FoundSplit[]> {
  return Promise.all(names.map((name) => findSplit(root, name)));
}

async function findSplit(root: Place, name: string): Promise<FoundSplit> {
  const kind = splitName(name)?.split;
  let [path, place] = [name, await lookInto(await stepInto(root, name))];
  for (let depth = 0; depth < NESTED && kind !== undefined; depth++) {
    const [only, ...others] = place.listing.folders;
    if (only === undefined || others.length > 0 || splitName(only)?.split !== kind) break;
    if (imagesIn(place.listing).length > 0) break;
    [path, place] = [`${path}/${only}`, await lookInto(await stepInto(place, only))];
  }
  return { name, path, place, holds: contentOf(place) };
}

function contentOf({ listing }: Place): FoundSplit["holds"] {
  const { folders, files } = listing;
  if (folders.length === 0) return files.length > 0 ? "images" : "nothing";
  return imagesIn(listing).length > 0 ? "both" : "classes";
}

export function withClasses(found: readonly FoundSplit[]): readonly FoundSplit[] {
  return found.filter(({ holds }) => holds === "classes" || holds === "both");
}

/** Whether a folder holds class folders that are called like some of these. */
export function shares({ place }: FoundSplit, names: readonly string[]): boolean {
  const known = new Set(names.map(classKey));
  return place.listing.folders.some((name) => known.has(classKey(name)));
}

/** What is in a folder. */
export function contentInWords({ place, holds }: FoundSplit): string {
  const { files, folders } = place.listing;
  if (holds === "nothing") return "no class folders";
  if (holds === "images") return `${files.length} ${files.length === 1 ? "image" : "images"}, but no class folders`;
  return folders.length === 1 ? `one class folder, ${folders[0]}` : `${folders.length} class folders`;
}
