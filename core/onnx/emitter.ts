/** What writers of kernels write with: values by name, in whichever order of axes is at hand, so that few transpositions are left. */
import type { Count, Graph, GraphConstant } from "../graph/graph.js";
import { notExportable } from "../values/export-errors.js";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./model-proto.js";

/** Where the channels of a value of four axes are: tfjs has them last, ONNX first. Of other values there is one layout, `last`. */
export type Layout = "last" | "first";

/** From one layout to the other: `result[i] = given[order[i]]`. */
export const orders = { first: [0, 3, 1, 2], last: [0, 2, 3, 1] } as const satisfies Record<Layout, readonly number[]>;

type Attributes = Readonly<Record<string, OnnxAttribute>>;

export interface Emitter {
  readonly owner: string;
  readonly graph: Graph;
  /** Of a value of the graph, constants included; `perImage` where a side follows the number of images. */
  shapeOf(value: string): readonly Count[];
  constantOf(value: string): GraphConstant | undefined;
  /** The layout that a value is at hand in. */
  layoutOf(value: string): Layout;
  /** The name of a value in a layout; transposed once, where it is not at hand. */
  get(value: string, layout: Layout): string;
  /** Says where a value of the graph is. */
  set(value: string, name: string, layout: Layout): void;
  /** Adds a node; returns its outputs. */
  nodes(operator: string, inputs: readonly string[], attributes?: Attributes, outputs?: number): readonly string[];
  /** Adds a node with one output. */
  node(operator: string, inputs: readonly string[], attributes?: Attributes): string;
  floats(name: string, array: { readonly shape: readonly number[]; readonly data: Float32Array }): string;
  /** Whole numbers: shapes, axes, indices. Without a shape a list. */
  wholes(values: readonly (number | bigint)[], shape?: readonly number[]): string;
  /** An error that names the kernel. */
  refuse(kernel: string, problem: string): Error;
}

export interface Emitted {
  readonly emitter: Emitter;
  /** In order. More may be added. */
  readonly made: OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** @param owner for messages */
export function createEmitter(owner: string, graph: Graph): Emitted {
  const made: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const places = new Map<string, Map<Layout, string>>();
  let fresh = 0;

  const nodes: Emitter["nodes"] = (operator, inputs, attributes = {}, count = 1) => {
    const outputs = Array.from({ length: count }, () => `${operator.toLowerCase()}_${fresh++}`);
    made.push({ operator, inputs, outputs, attributes });
    return outputs;
  };
  const node: Emitter["node"] = (...call) => nodes(...call)[0] as string;
  const initializer = (name: string, tensor: OnnxTensor) => {
    initializers.set(name, tensor);
    return name;
  };
  const floats: Emitter["floats"] = (name, { shape, data }) =>
    initializer(name, { type: "float32", shape, data: bytesOf(data) });
  const wholes: Emitter["wholes"] = (values, shape = [values.length]) => {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    return initializer(`wholes_${fresh++}`, { type: "int64", shape, data: bytesOf(data) });
  };
  const set: Emitter["set"] = (value, name, layout) => {
    const known = places.get(value) ?? new Map<Layout, string>();
    places.set(value, known.set(layout, name));
  };
  const constantIn = (value: string, constant: GraphConstant, layout: Layout): string => {
    const { shape, data } = layout === "first" ? permuted(constant, orders.first) : constant;
    const name = layout === "first" ? `${value}.first` : value;
    if (data instanceof Float32Array) return floats(name, { shape, data });
    const type = data instanceof Int32Array ? ("int32" as const) : ("bool" as const);
    return initializer(name, { type, shape, data: bytesOf(data) });
  };
  const get: Emitter["get"] = (value, layout) => {
    const known = places.get(value);
    const there = known?.get(layout);
    if (there !== undefined) return there;
    const constant = graph.constants.get(value);
    const other = known?.get(layout === "first" ? "last" : "first");
    if (!constant && other === undefined) throw notExportable(owner, `its graph uses ${value} before it is made`, "");
    // One of both is there.
    const name = constant
      ? constantIn(value, constant, layout)
      : node("Transpose", [other as string], { perm: orders[layout].map(BigInt) });
    set(value, name, layout);
    return name;
  };
  const emitter: Emitter = {
    owner,
    graph,
    shapeOf: (value) => graph.values.get(value)?.shape ?? graph.constants.get(value)?.shape ?? [],
    constantOf: (value) => graph.constants.get(value),
    layoutOf: (value) => (places.get(value)?.has("first") ? "first" : "last"),
    get,
    set,
    nodes,
    node,
    floats,
    wholes,
    refuse: (kernel, problem) =>
      notExportable(owner, `its kernel ${kernel} ${problem}`, "Let the network use another operation in its place."),
  };
  return { emitter, made, initializers };
}

/** The same memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A constant whose axes are in another order: `result[i] = given[order[i]]`. */
export function permuted<T extends GraphConstant>({ shape, data }: T, order: readonly number[]): T {
  const sides = order.map((axis) => shape[axis] as number);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const steps = order.map((axis) => strides[axis] as number);
  const result = data.slice();
  const place = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] as number;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      place[axis] = (place[axis] as number) + 1;
      if (place[axis] !== sides[axis]) break;
      from -= (steps[axis] as number) * (sides[axis] as number);
      place[axis] = 0;
    }
  }
  return { shape: sides, data: result } as unknown as T;
}
