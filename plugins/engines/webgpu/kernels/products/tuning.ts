/** Tiles chosen by measuring: what is known of earlier runs, and what waits to be measured. */
import type { Choice } from "./tile.js";
import { tileKey } from "./tile.js";

/** Where choices are kept, for one adapter, driver and version of Dawn. Results are the same bytes while these are. */
export interface Tuning {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** A choice as it is kept. */
export function choiceKey({ tile, parts }: Choice): string {
  return `${tileKey(tile)}/${parts}`;
}

/** The choice that is kept, if it is still among those that the engine would try. */
export function tuned<C extends Choice>(tuning: Tuning | undefined, key: string, ranked: readonly C[]): C | undefined {
  const kept = tuning?.get(key);
  return kept === undefined ? undefined : ranked.find((choice) => choiceKey(choice) === kept);
}
