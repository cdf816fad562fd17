/** How deep a network's weights lie, for layer-wise learning rates. */
import type { Parameters } from "../../core/index.js";

/**
 * @param levels from the images on: what the names of each depth's weights begin with. Everything else, the head, is deepest
 */
export function depthsOf(
  { trained }: Pick<Parameters, "trained">,
  levels: readonly (readonly string[])[],
): ReadonlyMap<string, number> {
  return new Map(
    [...trained.keys()].map((name) => {
      const depth = levels.findIndex((prefixes) => prefixes.some((prefix) => name.startsWith(prefix)));
      return [name, depth < 0 ? levels.length : depth] as const;
    }),
  );
}
