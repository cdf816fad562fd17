/** A list of which images are for what (`data.splitPath`), for sets that come without: it takes the place of a draw. */
import { basename, join } from "node:path";
import { invalidData, namedList, type Split } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";
import { readListFile } from "./list-file.js";
import { settleSplits } from "./settle-splits.js";

/** Paths that a message names. */
const NAMED = 3;

/**
 * Puts images into splits as a list says. A list with splits names every image that counts: others are left out, and told. Paths alone are those of
 * the split that the list's name says (`train.txt`, `test_list.txt`), and all others are of the other.
 *
 * Paths are relative to the set, or end like its paths do; an image's ending may be left out.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA
 */
export async function splitByList(
  layout: FolderLayout,
  splitPath: string,
  options: Required<FolderOptions>,
): Promise<FolderLayout> {
  const listed = await readListFile(splitPath);
  if (listed.some(({ split }) => split === undefined)) {
    const problem = `does not say whether its images are for training or for testing`;
    throw invalidData(splitPath, problem, "Call it train.txt or test.txt, or give it a column split.");
  }
  const find = finder(layout);
  const strangers = listed.filter(({ path }) => find(path) === undefined).map(({ path }) => path);
  if (strangers.length > 0) {
    const problem = `${strangers.length} of ${listed.length} images listed are not in ${layout.root} (${namedList(strangers, NAMED)})`;
    throw invalidData(splitPath, problem, "Expected are paths relative to the data set's folder.");
  }
  const splits = new Map(listed.map(({ path, split }) => [find(path), split as Split]));
  const [only, ...more] = new Set(splits.values());
  const rest = only !== undefined && more.length === 0 ? (only === "train" ? "test" : "train") : undefined;
  const images = layout.candidates.flatMap((candidate) => {
    const split = splits.get(candidate.path) ?? rest;
    return split ? [{ ...candidate, split }] : [];
  });
  const left = layout.candidates.length - images.length;
  const notes = left > 0 ? [`${left} images that ${basename(splitPath)} does not list are left out.`] : [];
  const settled = settleSplits(splitPath, images, options);
  return { ...layout, ...settled, notes: [...layout.notes, ...notes, ...settled.notes] };
}

/** By its whole path or any end of it that only one image has, with or without what follows the last dot. */
function finder({ root, candidates }: FolderLayout): (path: string) => string | undefined {
  const byEnd = new Map<string, string | null>();
  for (const { path } of candidates) {
    const parts = path.split("/");
    for (let from = 0; from < parts.length; from++) {
      const end = parts.slice(from).join("/");
      for (const key of new Set([end, bare(end)]))
        byEnd.set(key, byEnd.has(key) && byEnd.get(key) !== path ? null : path);
    }
  }
  const found = (path: string) => byEnd.get(path) ?? byEnd.get(bare(path)) ?? undefined;
  return (path) => {
    const plain = path.startsWith(join(root, "/")) ? path.slice(root.length + 1) : path.replace(/^\.\//, "");
    const parts = plain.split("/");
    for (let from = 0; from < parts.length; from++) {
      const image = found(parts.slice(from).join("/"));
      // Of a path that begins elsewhere only so much is cut off that it stays one in a folder.
      if (image !== undefined && (from === 0 || parts.length - from > 1)) return image;
    }
    return undefined;
  };
}

function bare(path: string): string {
  return path.replace(/\.(jpe?g|png|webp|gif)$/i, "");
}
