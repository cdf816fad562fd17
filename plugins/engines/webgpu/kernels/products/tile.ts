/** The part of a product that one workgroup computes. */

export interface Tile {
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
  /** Summed over before the next part of A and B is read. */
  readonly depth: number;
  /** Of the result, for each thread; multiples of 4. */
  readonly each: readonly [rows: number, columns: number];
}

/** A tile, and into how many parts the depth is cut: workgroups of their own, whose sums are then added up in order. */
export interface Choice {
  readonly tile: Tile;
  readonly parts: number;
}

export function tileKey({ rows, columns, depth, each }: Tile): string {
  return `${rows}x${columns}x${depth}/${each.join("x")}`;
}

export function threadsOf({ rows, columns, each }: Tile): number {
  return (rows / each[0]) * (columns / each[1]);
}

/** Depth of each part: a multiple of the tile's. */
export function partDepth(depth: number, { tile, parts }: Choice): number {
  return Math.ceil(depth / parts / tile.depth) * tile.depth;
}
