/**
 * How one side of a product lies in memory. Of A the outer direction runs over the product's rows, of B over its columns; the
 * other direction, depth, is summed over.
 *
 * A side is text: an index into its buffer has a part that its outer place decides and a part that its depth decides. Places
 * that do not change within a loop are computed before it. Names that a place declares end in its `id`.
 */
export interface Side {
  /** Of everything its text depends on. */
  readonly key: string;
  /** Along which direction neighbours in memory lie: those that are read four at a time. */
  readonly along: "outer" | "depth";
  /** Whether every four along that direction is aligned, so that its buffer may be read as `vec4f`. */
  readonly vector: boolean;
  /** Declares what an index of the outer direction (below its size) decides. */
  atOuter(id: string, outer: string): string;
  /** Declares what a depth decides: that `offset` steps (below `span`) after `base`, a multiple of `span`. */
  atDepth(id: string, base: string, offset: string, span: number): string;
  /** The element's index in the buffer, as an expression. */
  index(outer: string, depth: string): string;
  /** Whether the element is there at all, as an expression; one that is not is 0. Default: it always is. */
  inside?(outer: string, depth: string): string;
}

/**
 * A matrix in memory.
 *
 * @param first where it starts in its buffer, as an expression
 * @param strides how far apart neighbours lie; one of them is 1
 */
export function matrixSide(first: string, strides: { readonly outer: number; readonly depth: number }): Side {
  const along = strides.depth === 1 ? "depth" : "outer";
  const far = along === "depth" ? strides.outer : strides.depth;
  return {
    key: `matrix ${first} ${strides.outer} ${strides.depth}`,
    along,
    vector: far % 4 === 0,
    atOuter: (id, outer) => `let o${id} = ${first} + ${times(outer, strides.outer)};`,
    atDepth: (id, base, offset) => `let d${id} = ${times(`(${base} + ${offset})`, strides.depth)};`,
    index: (outer, depth) => `o${outer} + d${depth}`,
  };
}

function times(expression: string, factor: number): string {
  return factor === 1 ? `${expression}` : `${expression} * ${factor}u`;
}
