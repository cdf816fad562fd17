/** Files that a set lists and does not have. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { badImage, invalidData, namedList } from "../../../core/index.js";
import type { Candidate } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";

/** What is left of a list, and what is to be said of the rest. */
export interface Present {
  readonly candidates: readonly Candidate[];
  readonly notes: readonly string[];
}

/**
 * Refuses a list of which files are missing; with `onBadImage: "skip"` leaves them out, named and counted. Reads folders, and asks
 * for no file by itself: a hundred thousand take a fraction of a second.
 *
 * @throws FGKD_BAD_IMAGE; FGKD_INVALID_DATA where more is missing than `badImageShare` allows
 */
export async function withoutMissing(
  root: string,
  candidates: readonly Candidate[],
  { onBadImage, badImageShare }: Pick<Required<FolderOptions>, "onBadImage" | "badImageShare">,
): Promise<Present> {
  const isThere = await lookUp(
    root,
    candidates.map(({ path }) => path),
  );
  const missing = candidates.filter(({ path }) => !isThere(path)).map(({ path }) => path);
  const [first] = missing;
  if (first === undefined) return { candidates, notes: [] };
  const counted = `${missing.length} of ${candidates.length} listed images are missing`;
  if (missing.length > badImageShare * candidates.length && onBadImage === "skip") {
    const problem = `is listed, but not there; ${counted}, more than data.badImageShare (${badImageShare}) allows`;
    throw invalidData(join(root, first), problem, "Get the data set whole, or raise the share to train on the rest.");
  }
  if (onBadImage === "fail")
    throw badImage(join(root, first), `is listed, but not there; ${counted} (${namedList(missing)})`);
  return {
    candidates: candidates.filter(({ path }) => isThere(path)),
    notes: [`${counted}, and left out: ${namedList(missing)}.`],
  };
}

/** Whether files are there, by reading each of their folders once. */
export async function lookUp(root: string, paths: readonly string[]): Promise<(path: string) => boolean> {
  const folders = new Map<string, ReadonlySet<string>>();
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const names = await readdir(join(root, folder)).catch(() => []);
    folders.set(folder, new Set(names));
  }
  return (path) => folders.get(dirname(path))?.has(basename(path)) ?? false;
}
