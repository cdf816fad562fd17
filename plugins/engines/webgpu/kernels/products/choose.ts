/** Which tile a product is computed by, where nothing was measured. */
import type { Product } from "./product.js";
import { type Choice, partDepth, type Tile, threadsOf } from "./tile.js";

/** A tile, and its rate on a full GPU as a share of the best one's. */
interface Rated {
  readonly tile: Tile;
  readonly rate: number;
}

/**
 * The rates of the first two were measured on an H100; those of the others follow the multiplications for each value read
 * from workgroup memory, and were not.
 */
export const ratedTiles: readonly Rated[] = [
  { tile: { rows: 128, columns: 128, depth: 16, each: [8, 8] }, rate: 1 },
  { tile: { rows: 128, columns: 64, depth: 16, each: [8, 8] }, rate: 0.95 },
  { tile: { rows: 64, columns: 128, depth: 16, each: [8, 8] }, rate: 0.95 },
  { tile: { rows: 64, columns: 64, depth: 16, each: [8, 4] }, rate: 0.75 },
  { tile: { rows: 64, columns: 32, depth: 16, each: [4, 4] }, rate: 0.5 },
  { tile: { rows: 32, columns: 64, depth: 16, each: [4, 4] }, rate: 0.5 },
  { tile: { rows: 32, columns: 32, depth: 16, each: [4, 4] }, rate: 0.45 },
  { tile: { rows: 128, columns: 16, depth: 16, each: [4, 4] }, rate: 0.45 },
  { tile: { rows: 16, columns: 64, depth: 16, each: [4, 4] }, rate: 0.4 },
];

const partCounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** Processors that work side by side, each on its own workgroups: as many as a large GPU has. WebGPU does not say. */
const processors = 128;
/** Threads that a processor needs to be busy. */
const busy = 256;
/** Multiplications that a processor could do in the time that one float takes to or from memory, its share of the bandwidth. */
const perFloat = 34;
/** … and in the time that one more dispatch costs. */
const perDispatch = 600_000;
/** Floats that partial sums may take: 64 MiB. */
const mostPartial = 2 ** 24;

/** The choice of least estimated time among tiles and cuts of the depth. */
export function choose(product: Product, tiles: readonly Rated[] = ratedTiles): Choice {
  let best: Choice | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const { tile, rate } of tiles) {
    for (const parts of partCounts) {
      if (!worthCutting(product, { tile, parts })) continue;
      const time = estimate(product, { tile, parts }, rate);
      if (time < least) {
        least = time;
        best = { tile, parts };
      }
    }
  }
  // The first tile in one part is always among them.
  return best as Choice;
}

/** Whether every part has something to add up, and their sums fit. */
function worthCutting(product: Product, choice: Choice): boolean {
  const { parts } = choice;
  if (parts === 1) return true;
  const { rows, columns, depth, batch } = product;
  const fits = parts * rows * columns * batch <= mostPartial && batch * parts <= 65_535;
  return fits && (parts - 1) * partDepth(depth, choice) < depth;
}

/** Time in multiplications of one processor. */
export function estimate(product: Product, choice: Choice, rate: number): number {
  const { rows, columns, depth, batch } = product;
  const { tile, parts } = choice;
  const groups = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * batch * parts;
  const rounds = Math.ceil(groups / processors);
  const idle = Math.max(1, busy / (threadsOf(tile) * Math.max(1, groups / processors)));
  const work = ((rounds * tile.rows * tile.columns * partDepth(depth, choice)) / rate) * idle;
  const partial = parts === 1 ? 0 : (2 * parts * rows * columns * batch * perFloat) / processors + perDispatch;
  return work + partial;
}
