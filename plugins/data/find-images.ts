/** From the places that somebody names to images: files, folders, patterns. */
import { lstat, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FgkdError, pathProblem } from "../../core/index.js";
import { imagesIn, isWithin, list } from "./folder/listing.js";

export interface FindOptions {
  /** Where relative places begin. Default: the working directory. */
  readonly from?: string;
  /** Told of what cannot be looked into; the rest is found all the same. Default: it is thrown. */
  readonly onProblem?: (problem: FgkdError) => void;
}

type Paths = AsyncGenerator<string, void, undefined>;

/**
 * Paths of the images that a place stands for, one after the other as they are asked for: a file is itself, whatever its name; of a
 * folder all that are called like images, at any depth, by name, but nothing hidden or of the system's; a pattern (`photos/*.jpg`,
 * `photos/**`) is what it matches, unless something has that very name.
 *
 * @throws FGKD_PATH where nothing is there, or a folder cannot be read
 * @example
 * for await (const path of findImages("photos")) …
 */
export async function* findImages(place: string, options: FindOptions = {}): Paths {
  yield* asTold(imagesOf(place, options), options);
}

/** What is found, up to what goes wrong. */
async function* asTold(paths: Paths, { onProblem }: FindOptions): Paths {
  try {
    yield* paths;
  } catch (error) {
    if (!onProblem || !(error instanceof FgkdError)) throw error;
    onProblem(error);
  }
}

async function* imagesOf(place: string, options: FindOptions): Paths {
  const isFolder = await isFolderAt(resolve(options.from ?? "", place));
  if (isFolder === undefined) yield* matching(place, options);
  else if (!isFolder) yield place;
  else {
    let isEmpty = true;
    for await (const path of below(place, [], options)) {
      isEmpty = false;
      yield path;
    }
    if (isEmpty) throw pathProblem(place, "there is no image in this folder", "JPEG, PNG, WebP and GIF can be read.");
  }
}

/** `undefined` where nothing is there. What the system does not let be asked is a file, and reading it says why. */
async function isFolderAt(path: string): Promise<boolean | undefined> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
    // A link that leads nowhere is there.
    return lstat(path).then(
      () => false,
      () => undefined,
    );
  }
}

/** @param above where the folders on the way really lie: a link may lead back to one, or above it */
async function* below(folder: string, above: readonly string[], options: FindOptions): Paths {
  const path = resolve(options.from ?? "", folder);
  const real = await realpath(path).catch(() => path);
  if (above.some((folder) => isWithin(folder, real))) return;
  const listing = await list(path);
  for (const name of imagesIn(listing)) yield join(folder, name);
  for (const name of listing.folders) yield* asTold(below(join(folder, name), [...above, real], options), options);
}

async function* matching(pattern: string, options: FindOptions): Paths {
  const { glob, isDynamicPattern } = await import("tinyglobby");
  if (!isDynamicPattern(pattern)) throw pathProblem(pattern, "there is no such file or folder", "Check the path.");
  const cwd = resolve(options.from ?? "");
  const found = (await glob(pattern, { cwd, onlyFiles: false, expandDirectories: false })).sort();
  if (found.length === 0) throw pathProblem(pattern, "nothing matches this pattern", "Check it, and where it begins.");
  let folder: string | undefined;
  for (const place of found) {
    // What lies in a folder that matches, too, is found with it.
    if (folder !== undefined && place.startsWith(folder)) continue;
    if (place.endsWith("/")) folder = place;
    yield* asTold(imagesOf(place, options), options);
  }
}
