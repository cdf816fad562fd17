/** Matrix products of every kind, as the generator of their shaders reads them. */
import type { Finish } from "./finish.js";
import type { Side } from "./side.js";

/**
 * C[row, column] = Σ A[row, depth] · B[column, depth] over depth, for each of a batch. In texts stands `batch`, which of the
 * batch a workgroup is for.
 */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batch: number;
  readonly a: Side;
  readonly b: Side;
  /** Default: none. */
  readonly finish?: Finish;
  /** Where rows and depth differ within the batch. Default: they do not. */
  readonly uneven?: Uneven;
}

/** A product whose matrices differ in size: those of a strided convolution's gradient. */
export interface Uneven {
  readonly key: string;
  /** What every depth is a multiple of. */
  readonly depthUnit: number;
  /** Such units in all depths together. */
  readonly units: number;
  /** Declares `rows` and `depth`, at most the product's own, and what the sides' texts need besides. */
  readonly prelude: string;
  /** Where a row of the result starts in its buffer, as an expression. */
  start(row: string): string;
}

export function productKey({ rows, columns, depth, batch, a, b, uneven }: Product): string {
  return `${rows}x${columns}x${depth}x${batch} ${a.key} ${b.key} ${uneven?.key ?? ""}`;
}

/** Declares what a shader of the product needs to know of `batch`. */
export function prelude({ rows, depth, uneven }: Pick<Product, "rows" | "depth" | "uneven">): string {
  return uneven ? uneven.prelude : `let rows = ${rows}u; let depth = ${depth}u;`;
}

/** Where a row of the result starts. */
export function startOf({ rows, columns, uneven }: Pick<Product, "rows" | "columns" | "uneven">, row: string): string {
  return uneven ? uneven.start(row) : `(batch * ${rows}u + ${row}) * ${columns}u`;
}
