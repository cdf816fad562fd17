/** What the mixing plugins share: when it is a batch's turn, the boxes they draw, and the checks of their options. */
import { z } from "zod";
import { type Batch, need, type Random } from "../../core/index.js";
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

/** A parameter of the Beta distribution; at 1 all proportions are equally likely. */
export const alpha = z.number().positive();
