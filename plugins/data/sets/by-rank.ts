/** Takes groups of a published set for its classes: families in place of variants. */
import { invalidOption, type Ranks } from "../../../core/index.js";
import { groupedBy } from "../folder/grouped.js";
import type { FolderLayout } from "../folder/layout.js";

/**
 * The groups of a rank in place of the classes, byte-wise sorted; ranks stay as far as they are groups of those.
 *
 * @throws FGKD_INVALID_OPTION for a rank that the set does not know
 */
export function byRank(layout: FolderLayout, rank: string, ranks: Ranks): FolderLayout {
  if (!Object.hasOwn(ranks, rank)) {
    const known = Object.keys(ranks);
    const mustBe = known.length > 0 ? `one of ${known.join(", ")}` : "null";
    const remedy = `${layout.published?.title ?? layout.root} ${known.length > 0 ? "has these" : "has no ranks"}.`;
    throw invalidOption("source folder", "rank", mustBe, rank, remedy);
  }
  const { ranks: above, ...grouped } = groupedBy(rank, layout, ranks);
  const published = layout.published && { ...layout.published, ranks: above, order: "their names" };
  return { ...layout, ...grouped, ...(published && { published }) };
}
