/** Groups of classes: `taxonomy.csv` beside the data, and one of its ranks in place of the classes. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalidData, invalidOption, namedList, type Ranks, readFailed } from "../../../core/index.js";
import { className } from "./class-names.js";
import { parseCsv } from "./csv.js";
import { groupedBy } from "./grouped.js";
import type { Candidate, FolderLayout } from "./layout.js";
import type { FolderOptions } from "./options.js";

const FILE = "taxonomy.csv";

/** A layout whose classes are settled, and the groups above them. */
export interface RankedLayout extends FolderLayout {
  readonly ranks: Ranks;
}

/**
 * The ranks that a published set brings, then those of `taxonomy.csv`, which count more; where `options.rank` names one of the
 * file's, its groups become the classes.
 *
 * @throws FGKD_INVALID_DATA, and FGKD_INVALID_OPTION for a rank that nobody knows
 */
export async function withRanks(layout: FolderLayout, { rank }: Pick<FolderOptions, "rank">): Promise<RankedLayout> {
  const own = await readTaxonomy(layout);
  const ranks = { ...layout.published?.ranks, ...own };
  if (rank === null || rank === undefined) return { ...layout, ranks };
  if (Object.hasOwn(own, rank)) return { ...layout, ...groupedBy(rank, layout, ranks) };
  // A published set's reader has taken the ranks that it knows for its classes already.
  if (layout.published) return { ...layout, ranks };
  const known = Object.keys(own);
  throw invalidOption(
    "source folder",
    "rank",
    known.length > 0 ? `one of ${known.join(", ")}` : `absent: ${layout.root} has no ${FILE}`,
    rank,
    `Ranks are the columns of ${FILE} after the class.`,
  );
}

/** By rank the group of each class, in label order; of classes that are no folders (NFC) as of others. */
async function readTaxonomy({ root, classes }: FolderLayout): Promise<Ranks> {
  const path = join(root, FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw readFailed(path, error);
  });
  if (text === undefined) return {};
  const [[head = "", ...names] = [], ...rows] = parseCsv(path, text);
  if (head.toLowerCase() !== "class" || names.length === 0)
    throw invalidData(
      path,
      `its first line is "${[head, ...names].join(",")}"`,
      "Begin with: class,family,order or the like.",
    );
  const byClass = new Map<string, readonly string[]>();
  for (const [name = "", ...groups] of rows) {
    const key = className(name);
    if (byClass.has(key)) throw invalidData(path, `class "${name}" has two lines`, "Remove one of them.");
    byClass.set(key, groups);
  }
  const missing = classes.filter((name) => !byClass.has(name));
  if (missing.length > 0)
    throw invalidData(path, `has no line for ${namedList(missing)}`, "Every class needs one, under its folder's name.");
  const groupOf = (name: string, at: number, rank: string) => {
    const group = byClass.get(name)?.[at] ?? "";
    if (group === "") throw invalidData(path, `class "${name}" has no ${rank}`, "Name its group there.");
    return group;
  };
  return Object.fromEntries(names.map((rank, at) => [rank, classes.map((name) => groupOf(name, at, rank))]));
}

/** Of a folder whose classes are no folders: it changes when the taxonomy does. */
export function rankedFingerprint(fingerprint: string, candidates: readonly Candidate[]): string {
  const hash = createHash("sha256").update(fingerprint);
  for (const { className } of candidates) hash.update(`\n${className}`);
  return hash.digest("hex").slice(0, 32);
}
