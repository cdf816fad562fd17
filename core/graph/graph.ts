/** A network as data: what it computes for images of one size, kernel by kernel, whatever their number. */

/** A number of a graph: itself, or so many for each image of a batch. */
export type Count = number | { readonly perImage: number };

/** What a kernel is told beside its tensors. */
export type Attribute = Count | boolean | string | null | readonly Attribute[] | { readonly [key: string]: Attribute };

/** A kernel of tfjs, as it ran. */
export interface GraphNode {
  /** As tfjs registers it: `FusedConv2D`, `Reshape`; or `Rows`, see {@link rows}. */
  readonly kernel: string;
  /** By the kernel's own names, the values that go in; of lists, their positions. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The values that come out, in order. */
  readonly outputs: readonly string[];
}

/** What is known of a value: of a tensor that a node makes, of an input. */
export interface GraphValue {
  readonly shape: readonly Count[];
  /** As tfjs names it: `float32`, `int32`, `bool`. */
  readonly type: string;
}

/** A tensor at rest, of the type of its values: `float32`, `int32`, `bool`. */
export interface GraphConstant {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface Graph {
  /** What it is given: `images`, `[batch, height, width, channels]`. */
  readonly input: string;
  /** What it answers, by name: `logits`, and what else was asked for. */
  readonly outputs: Readonly<Record<string, string>>;
  /** In an order in which each finds its inputs made. */
  readonly nodes: readonly GraphNode[];
  /** Of everything that is an input, or made by a node. */
  readonly values: ReadonlyMap<string, GraphValue>;
  /** Weights, under their public names where they are a model's as they are, and whatever else does not depend on the images. */
  readonly constants: ReadonlyMap<string, GraphConstant>;
}

/** A count as formats have it, where one side of a shape may be open: −1 for what follows the number of images. */
export function sideOf(count: Count): number {
  return typeof count === "number" ? count : -1;
}

/** The list of a kernel that has a number, or a list of numbers, there. */
export function countsIn(value: Attribute | undefined): readonly Count[] {
  return (Array.isArray(value) ? value : [value ?? 0]) as readonly Count[];
}

/**
 * A kernel of this graph alone, of no engine: its input, a constant of one row, repeated for each image of the batch. A network that puts
 * a token of its own before those of each image asks for it.
 */
export const rows = "Rows";
