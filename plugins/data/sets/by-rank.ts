/** Takes groups of a published set for its classes: families in place of variants. */
import { invalidOption, type Ranks } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import { byBytes } from "../folder/listing.js";

/**
 * The groups of a rank in place of the classes, byte-wise sorted; ranks stay as far as they are groups of those.
 *
 * @throws FGKD_INVALID_OPTION for a rank that the set does not know
 */
export function byRank(layout: FolderLayout, rank: string, ranks: Ranks): FolderLayout {
  const own = Object.hasOwn(ranks, rank) ? ranks[rank] : undefined;
  if (!own) {
    const known = Object.keys(ranks);
    const mustBe = known.length > 0 ? `one of ${known.join(", ")}` : "null";
    const remedy = `${layout.published?.title ?? layout.root} ${known.length > 0 ? "has these" : "has no ranks"}.`;
    throw invalidOption("source folder", "rank", mustBe, rank, remedy);
  }
  const groupOf = new Map(layout.classes.map((name, label) => [name, own[label] as string]));
  const classes = [...new Set(own)].sort(byBytes);
  const above = Object.entries(ranks).flatMap(([name, groups]) => {
    const found = classes.map((group) => new Set(groups.filter((_, label) => own[label] === group)));
    return name === rank || found.some(({ size }) => size !== 1) ? [] : [[name, found.flatMap((one) => [...one])]];
  });
  const candidates = layout.candidates.map((one) => ({ ...one, className: groupOf.get(one.className) as string }));
  const published = layout.published && { ...layout.published, ranks: Object.fromEntries(above), order: "their names" };
  return { ...layout, classes, candidates, ...(published && { published }) };
}
