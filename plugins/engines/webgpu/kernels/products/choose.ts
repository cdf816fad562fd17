/** Which tile a product is computed by, where nothing was measured. */
import type { Power } from "./power.js";
import type { Product } from "./product.js";
import { subgroupMemory, subgroupThreads } from "./subgroups.js";
import { type Choice, partDepth, type Tile, threadsOf } from "./tile.js";

/** How products are computed: float32 throughout, with f16 in workgroup memory, or by matrix units. */
export type Way = "f32" | "f16" | "matrices";

/** A tile, and its rate on a full GPU as a share of the best float32 tile's. */
interface Rated {
  readonly tile: Tile;
  readonly rate: number;
}

/** A tile that a device can compute. */
export interface Candidate extends Rated {
  readonly threads: number;
}

/**
 * The rates of the first two were measured on an H100; those of the others follow the multiplications for each value read
 * from workgroup memory, and were not.
 */
const byThreads: readonly Rated[] = [
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

/** The rate of the first was measured on an H100, with 16 × 16 × 16 units; the others' were not. */
const byMatrices: readonly Rated[] = [
  { tile: { rows: 256, columns: 128, depth: 32, each: [64, 64] }, rate: 4.7 },
  { tile: { rows: 128, columns: 128, depth: 32, each: [64, 64] }, rate: 4.2 },
  { tile: { rows: 128, columns: 64, depth: 32, each: [64, 32] }, rate: 3.2 },
  { tile: { rows: 64, columns: 128, depth: 32, each: [32, 64] }, rate: 3.2 },
  { tile: { rows: 64, columns: 64, depth: 32, each: [32, 32] }, rate: 2.2 },
  { tile: { rows: 32, columns: 64, depth: 32, each: [16, 32] }, rate: 1.4 },
  { tile: { rows: 64, columns: 32, depth: 32, each: [32, 16] }, rate: 1.4 },
  { tile: { rows: 32, columns: 32, depth: 32, each: [16, 16] }, rate: 1 },
];

/** The way that a precision means on a device: what it cannot do, it does in float32. */
export function wayOf(precision: "f32" | "f16", { halves, matrices }: Power): Way {
  if (precision === "f32" || !halves) return "f32";
  return matrices ? "matrices" : "f16";
}

/** The tiles for which a device has the threads and the memory. */
export function candidatesFor(way: Way, power: Power): readonly Candidate[] {
  const { matrices: units } = power;
  const bytes = way === "f16" ? 2 : 4;
  const all =
    way === "matrices" && units
      ? byMatrices
          .filter(({ tile }) => tile.each[0] % units.rows === 0 && tile.each[1] % units.columns === 0)
          .map((rated) => ({
            ...rated,
            threads: subgroupThreads(rated.tile, units),
            memory: subgroupMemory(rated.tile, units),
          }))
      : byThreads.map((rated) => ({
          ...rated,
          threads: threadsOf(rated.tile),
          memory: bytes * rated.tile.depth * (rated.tile.rows + rated.tile.columns),
        }));
  return all.filter(({ threads, memory }) => threads <= power.threads && memory <= power.memory);
}

const partCounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** Processors that work side by side, each on its own workgroups: as many as a large GPU has. WebGPU does not say. */
const processors = 128;
/** Threads of a processor with which it reaches half of its rate: others work while some wait. Not measured. */
const halfBusy = 96;
/** Multiplications that a processor could do in the time that one float takes to or from memory, its share of the bandwidth. */
const perFloat = 34;
/** … and in the time that one more dispatch costs. */
const perDispatch = 600_000;
/** Floats that partial sums may take: 64 MiB. */
const mostPartial = 2 ** 24;

/** A choice and what it is estimated to take, in multiplications of one processor. */
export interface Estimated extends Choice {
  readonly time: number;
}

/** The choices worth trying, the one of least estimated time first: for each tile its best cut of the depth. */
export function rank(product: Product, candidates: readonly Candidate[]): readonly Estimated[] {
  return candidates
    .map((candidate) => {
      const choices = partCounts
        .filter((parts) => worthCutting(product, { tile: candidate.tile, parts }))
        .map((parts) => ({ tile: candidate.tile, parts, time: estimate(product, candidate, parts) }));
      return choices.reduce((best, choice) => (choice.time < best.time ? choice : best));
    })
    .sort((one, other) => one.time - other.time);
}

/** Whether every part has something to add up, and their sums fit. */
function worthCutting(product: Product, choice: Choice): boolean {
  const { parts } = choice;
  if (parts === 1) return true;
  const { rows, columns, depth, batch } = product;
  const fits = parts * rows * columns * batch <= mostPartial && batch * parts <= 65_535;
  return fits && (parts - 1) * partDepth(depth, choice) < depth;
}

function estimate(product: Product, { tile, rate, threads }: Candidate, parts: number): number {
  const { rows, columns, depth, batch } = product;
  const groups = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * batch * parts;
  const rounds = Math.ceil(groups / processors);
  const active = threads * Math.max(1, groups / processors);
  const work = (rounds * tile.rows * tile.columns * partDepth(depth, { tile, parts }) * (1 + halfBusy / active)) / rate;
  const partial = parts === 1 ? 0 : (2 * parts * rows * columns * batch * perFloat) / processors + perDispatch;
  return work + partial;
}
