/** Who is told of all that a backend does with its device while a recording is made. */
import type { RunAgain } from "./run-again.js";
import type { Slot, View } from "./slot.js";

export interface Witness {
  took(slot: Slot, bytes: number): void;
  tookParts(whole: Slot, parts: readonly Slot[], bytes: readonly number[]): void;
  gave(slot: Slot): void;
  /** Told that these parts are read as their whole. */
  gathered(whole: Slot, parts: readonly Slot[], bytes: readonly number[]): void;
  ran(run: RunAgain, views: readonly View[]): void;
  /** Told of what cannot be done again. */
  refuse(): void;
}
