/** A graph as a file of ONNX. */
import type { Graph } from "../graph/graph.js";
import { notExportable } from "../values/export-errors.js";
import { elementwise, type KernelWriter } from "./elementwise.js";
import { createEmitter } from "./emitter.js";
import { images } from "./images.js";
import { encodeModel, type OnnxModel, type OnnxTensor } from "./model-proto.js";
import { type Precision, reduced } from "./precision.js";
import type { Bytes } from "./protobuf.js";
import { shapes } from "./shapes.js";

/** By kernel. */
const writers: Readonly<Record<string, KernelWriter>> = { ...elementwise, ...images, ...shapes };

/** Files of protocol buffers, and their readers, end at 2 GiB. */
const longest = 2 ** 31 - 1;

export interface OnnxOptions {
  readonly name: string;
  readonly producer: OnnxModel["producer"];
  readonly metadata: Readonly<Record<string, string>>;
  /** Of weights. Default `fp32`. */
  readonly precision?: Precision;
}

/**
 * Input `images`, `[batch, 3, height, width]`, any number of them; outputs `[batch, …]` under the graph's names.
 *
 * @param owner for messages
 * @throws FGKD_NOT_EXPORTABLE for a kernel that no operator of ONNX stands for
 */
export function writeOnnx(owner: string, graph: Graph, options: OnnxOptions): Bytes {
  const { name, producer, metadata, precision = "fp32" } = options;
  const { emitter, made, initializers } = createEmitter(owner, graph);
  const [, height, width, channels] = emitter.shapeOf(graph.input) as readonly number[];
  emitter.set(graph.input, graph.input, "first");
  for (const node of graph.nodes) {
    const write = Object.hasOwn(writers, node.kernel) ? writers[node.kernel] : undefined;
    if (!write) throw emitter.refuse(node.kernel, "is none that is known how to write in ONNX");
    write(node, emitter);
  }
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    // Under its own name, in the order of axes that ONNX has.
    const { length } = emitter.shapeOf(value);
    made.push({
      operator: "Identity",
      inputs: [emitter.get(value, length === 4 ? "first" : "last")],
      outputs: [name],
      attributes: {},
    });
    const sides = emitter.shapeOf(value).map((side, axis) => (typeof side === "number" ? side : axisName(axis)));
    return { name, shape: length === 4 ? [sides[0], sides[3], sides[1], sides[2]] : sides };
  });
  const bytes = encodeModel({
    ...reduced(precision, { made, initializers: usedOf(made, initializers) }),
    inputs: [{ name: graph.input, shape: ["batch", channels as number, height as number, width as number] }],
    // There are four sides of four.
    outputs: outputs as OnnxModel["outputs"],
    metadata,
    producer,
    name,
  });
  if (bytes.length > longest)
    throw notExportable(owner, "has more than 2 GiB of weights, as much as a file of ONNX holds", "Export it to tfjs.");
  return bytes;
}

function axisName(axis: number): string {
  return axis === 0 ? "batch" : `axis${axis}`;
}

/** What a node reads. */
function usedOf(nodes: OnnxModel["nodes"], all: ReadonlyMap<string, OnnxTensor>): ReadonlyMap<string, OnnxTensor> {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return new Map([...all].filter(([name]) => used.has(name)));
}
