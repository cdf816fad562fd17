/** Groups of classes in the place of the classes: families in place of variants. */
import type { Ranks } from "../../../core/index.js";
import type { FolderLayout } from "./layout.js";
import { byBytes } from "./listing.js";

/**
 * The groups of a rank as classes, byte-wise sorted; ranks stay as far as they are groups of those.
 *
 * @param rank one of the ranks
 */
export function groupedBy(
  rank: string,
  { classes, candidates }: Pick<FolderLayout, "classes" | "candidates">,
  ranks: Ranks,
): Pick<FolderLayout, "classes" | "candidates"> & { readonly ranks: Ranks } {
  const own = ranks[rank] as readonly string[];
  const groupOf = new Map(classes.map((name, label) => [name, own[label] as string]));
  const groups = [...new Set(own)].sort(byBytes);
  const above = Object.entries(ranks).flatMap(([name, of]) => {
    const found = groups.map((group) => new Set(of.filter((_, label) => own[label] === group)));
    return name === rank || found.some(({ size }) => size !== 1) ? [] : [[name, found.flatMap((one) => [...one])]];
  });
  return {
    classes: groups,
    // What lies in a class of no split that is trained on has none.
    candidates: candidates.map((one) => ({ ...one, className: groupOf.get(one.className) ?? one.className })),
    ranks: Object.fromEntries(above),
  };
}
