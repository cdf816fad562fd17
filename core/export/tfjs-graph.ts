/** A graph as the two parts of a TensorFlow.js graph model: nodes, and weights in the order of their bytes. */
import { type Graph, type GraphConstant, sideOf } from "../graph/graph.js";
import { bytesOf } from "../onnx/emitter.js";
import { halves, type Precision } from "../onnx/precision.js";
import { notExportable } from "../values/export-errors.js";
import { type TfEmitter, type TfNode, tfWriters } from "./tfjs-kernels.js";

/** As the manifest of weights has it. */
interface TfWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly quantization?:
    | { readonly dtype: "float16" }
    | { readonly dtype: "uint8"; readonly scale: number; readonly min: number };
}

export interface TfGraph {
  readonly nodes: readonly TfNode[];
  readonly weights: readonly TfWeight[];
  /** One for each weight. */
  readonly bytes: readonly Uint8Array[];
}

/** Smaller tensors keep their bits. */
const smallest = 128;

/**
 * @param owner for messages
 * @throws FGKD_NOT_EXPORTABLE for a kernel that is not known
 */
export function tfGraph(owner: string, graph: Graph, precision: Precision): TfGraph {
  const nodes: TfNode[] = [];
  const constants = new Map<string, GraphConstant>(graph.constants);
  /** By value of the graph, the node and its output. */
  const places = new Map<string, string>();
  let fresh = 0;
  const add: TfEmitter["add"] = (op, input, attr = {}) => {
    const name = `added_${fresh++}`;
    nodes.push({ name, op, input: input.map((value) => places.get(value) ?? value), attr });
    return name;
  };
  const constant = (value: GraphConstant) => {
    const name = `constant_${fresh++}`;
    constants.set(name, value);
    return name;
  };
  const to: TfEmitter = {
    owner,
    graph,
    shapeOf: (value) => graph.values.get(value)?.shape ?? graph.constants.get(value)?.shape ?? [],
    wholes: (values, shape = [values.length]) => constant({ shape, data: Int32Array.from(values) }),
    float: (value) => constant({ shape: [], data: Float32Array.of(value) }),
    add,
  };
  for (const node of graph.nodes) {
    const write = Object.hasOwn(tfWriters, node.kernel) ? tfWriters[node.kernel] : undefined;
    if (!write)
      throw notExportable(
        owner,
        `its kernel ${node.kernel} is none that is known how to write for TensorFlow.js`,
        "Let the network use another operation in its place.",
      );
    const name = add(...write(node, to));
    for (const [index, output] of node.outputs.entries()) places.set(output, index === 0 ? name : `${name}:${index}`);
  }
  const outputs = Object.entries(graph.outputs).map(([name, value]): TfNode => {
    return { name, op: "Identity", input: [places.get(value) ?? value], attr: {} };
  });
  return {
    nodes: [inputNode(graph), ...constantNodes(constants), ...nodes, ...outputs],
    ...stored(constants, precision),
  };
}

function inputNode({ input, values }: Graph): TfNode {
  const sides = (values.get(input)?.shape ?? []).map((count) => ({
    size: String(sideOf(count)),
  }));
  return {
    name: input,
    op: "Placeholder",
    input: [],
    attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim: sides } } },
  };
}

const types = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" } as const;

function typeOf({ data }: GraphConstant): keyof typeof types {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "bool";
}

function constantNodes(constants: ReadonlyMap<string, GraphConstant>): readonly TfNode[] {
  return [...constants].map(([name, constant]) => {
    return { name, op: "Const", input: [], attr: { dtype: { type: types[typeOf(constant)] } } };
  });
}

function stored(constants: ReadonlyMap<string, GraphConstant>, precision: Precision) {
  const all = [...constants].map(([name, constant]) => {
    const weight = { name, shape: constant.shape, dtype: typeOf(constant) };
    const { data } = constant;
    if (precision === "fp32" || !(data instanceof Float32Array) || data.length < smallest)
      return { weight, bytes: bytesOf(data) };
    if (precision === "fp16")
      return { weight: { ...weight, quantization: { dtype: "float16" } as const }, bytes: bytesOf(halves(data)) };
    return inBytes(weight, data);
  });
  return { weights: all.map(({ weight }): TfWeight => weight), bytes: all.map(({ bytes }) => bytes) };
}

/** 256 steps from the least value to the greatest, the same for all channels: the format has no others. */
function inBytes(weight: TfWeight, data: Float32Array) {
  const min = data.reduce((low, value) => Math.min(low, value), 0);
  const max = data.reduce((high, value) => Math.max(high, value), 0);
  const scale = (max - min) / 255 || 1;
  // So that 0 stays 0: a border, or a weight that was pruned.
  const zero = Math.round(-min / scale);
  const bytes = Uint8Array.from(data, (value) => Math.min(255, Math.max(0, Math.round(value / scale) + zero)));
  return { weight: { ...weight, quantization: { dtype: "uint8", scale, min: -zero * scale } as const }, bytes };
}
