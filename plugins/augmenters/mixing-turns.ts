/** What the mixing plugins share: when it is a batch's turn, the boxes they draw, and the checks of their options. */
import { type Batch, invalidOption, need, type Random } from "../../core/index.js";
import { type Box, mixingBox } from "./mixing-box.js";
import type { Mixing } from "./mixture.js";

/**
 * Images and labels of a batch whose turn it is to be mixed; `undefined` when chance says no, or when a plugin
 * listed before has mixed the batch already.
 */
export function drawTurn(
  batch: Batch,
  probability: number,
  random: Random,
  plugin: string,
): Pick<Mixing, "images" | "labels"> | undefined {
  const images = need(batch, "images", plugin);
  const labels = need(batch, "labels", plugin);
  return random.next() < probability && !batch.otherLabels ? { images, labels } : undefined;
}

/** A box at a uniformly random centre: the row is drawn first. */
export function drawBox(random: Random, size: readonly [number, number], lambda: number): Box {
  const row = random.integer(size[0]);
  return mixingBox(size, lambda, [row, random.integer(size[1])]);
}

/** @throws FGKD_INVALID_OPTION unless it lies in `[0, 1]` */
export function checkShare(plugin: string, option: string, share: number): void {
  if (share >= 0 && share <= 1) return;
  throw invalidOption(plugin, option, "between 0 and 1", share, "Try 1 to mix every batch, 0.5 for every other.");
}

/** @throws FGKD_INVALID_OPTION unless it can be a parameter of the Beta distribution */
export function checkAlpha(plugin: string, alpha: number): void {
  if (alpha > 0 && Number.isFinite(alpha)) return;
  throw invalidOption(plugin, "alpha", "greater than 0", alpha, "Try 1: all proportions are then equally likely.");
}
