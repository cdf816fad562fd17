/** A graph with less to compute and the same answers. */
import type { Graph, GraphConstant, GraphNode } from "./graph.js";

const plain: readonly string[] = ["Conv2D", "DepthwiseConv2dNative"];
const fused: readonly string[] = ["FusedConv2D", "FusedDepthwiseConv2D"];

/** What a batch norm is to each channel: `factor · x + term`. */
interface Affine {
  readonly factor: Float32Array;
  readonly term: Float32Array;
}

/** What does nothing is left out, then batch norms are folded, then what nobody asks for is left out, weights included. */
export function simplified(graph: Graph): Graph {
  return withoutUnused(foldBatchNorm(withoutIdle(graph)));
}

/** Without kernels that give what they are given: reshapes to the same shape, identities. */
function withoutIdle(graph: Graph): Graph {
  const same = new Map<string, string>();
  const of = (name: string) => same.get(name) ?? name;
  const shapeOf = (name: string) => JSON.stringify(graph.values.get(name)?.shape ?? graph.constants.get(name)?.shape);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([key, name]) => [key, of(name)]));
    const [given = "", output = ""] = [Object.values(inputs)[0], node.outputs[0]];
    const isIdle = node.kernel === "Identity" || (node.kernel === "Reshape" && shapeOf(given) === shapeOf(output));
    if (isIdle) same.set(output, given);
    else nodes.push({ ...node, inputs });
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([key, name]) => [key, of(name)]));
  return { ...graph, nodes, outputs };
}

/** From the outputs backwards. */
function withoutUnused(graph: Graph): Graph {
  const used = new Set(Object.values(graph.outputs));
  const nodes = graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    const isUsed = outputs.some((name) => used.has(name));
    if (isUsed) for (const name of Object.values(inputs)) used.add(name);
    return isUsed;
  });
  const constants = new Map([...graph.constants].filter(([name]) => used.has(name)));
  return { ...graph, nodes: nodes.toReversed(), constants };
}

/**
 * What networks of fgkd do by themselves, for those that do not: in evaluation a batch norm is an affine map of each channel, and where
 * nothing else looks at the convolution before it, that convolution with other weights. A batch norm elsewhere becomes a product and a sum.
 */
function foldBatchNorm(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const uses = usesOf(graph);
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const replaced = new Map<GraphNode, readonly GraphNode[]>();
  const values = new Map(graph.values);
  for (const node of graph.nodes) {
    const affine = affineOf(node, constants);
    if (!affine) continue;
    const [x, output] = [node.inputs.x as string, node.outputs[0] as string];
    const before = producers.get(x);
    const folded =
      before && !replaced.has(before) && uses.get(x) === 1 ? foldedInto(before, output, affine, constants) : undefined;
    if (before && folded) {
      replaced.set(before, [folded]);
      replaced.set(node, []);
      continue;
    }
    const named = (part: keyof Affine) => {
      constants.set(`${output}.${part}`, { shape: [affine[part].length], data: affine[part] });
      return `${output}.${part}`;
    };
    const scaled = `${output}.scaled`;
    values.set(scaled, values.get(output) as NonNullable<ReturnType<typeof values.get>>);
    replaced.set(node, [
      { kernel: "Multiply", inputs: { a: x, b: named("factor") }, attributes: {}, outputs: [scaled] },
      { kernel: "Add", inputs: { a: scaled, b: named("term") }, attributes: {}, outputs: [output] },
    ]);
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]), constants, values };
}

function usesOf({ nodes, outputs }: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => Object.values(inputs)), ...Object.values(outputs)])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** `undefined` for what is no batch norm, or one whose numbers follow from the images. */
function affineOf({ kernel, inputs, attributes }: GraphNode, constants: Graph["constants"]): Affine | undefined {
  if (kernel !== "FusedBatchNorm") return undefined;
  const of = (name: string, usual: number) => {
    const value = inputs[name];
    if (value === undefined) return () => usual;
    const data = constants.get(value)?.data;
    return data && ((channel: number) => data[channel] as number);
  };
  const [scale, offset, mean, variance] = [of("scale", 1), of("offset", 0), of("mean", 0), of("variance", 1)];
  const channels = constants.get(inputs.mean ?? "")?.data.length;
  if (!scale || !offset || !mean || !variance || channels === undefined) return undefined;
  const epsilon = Number(attributes.varianceEpsilon ?? 0.001);
  const factor = Float32Array.from({ length: channels }, (_, c) => scale(c) / Math.sqrt(variance(c) + epsilon));
  return { factor, term: factor.map((each, channel) => offset(channel) - each * mean(channel)) };
}

/** The convolution with the norm's map in its weights, or `undefined`. */
function foldedInto(
  node: GraphNode,
  output: string,
  { factor, term }: Affine,
  constants: Map<string, GraphConstant>,
): GraphNode | undefined {
  const isFused = fused.includes(node.kernel) && node.attributes.activation === "linear";
  if (!isFused && !plain.includes(node.kernel)) return undefined;
  const filter = constants.get(node.inputs.filter as string);
  const bias = node.inputs.bias === undefined ? undefined : constants.get(node.inputs.bias);
  if (!filter || (node.inputs.bias !== undefined && !bias)) return undefined;
  // Of a depthwise filter too, the last two axes are those of the outputs: its channels, and the filters of each.
  const [weights, biases] = [`${node.inputs.filter}.${output}`, `${output}.bias`];
  constants.set(weights, {
    shape: filter.shape,
    data: Float32Array.from(filter.data, (value, index) => value * (factor[index % factor.length] as number)),
  });
  constants.set(biases, {
    shape: [factor.length],
    data: term.map((each, channel) => each + (factor[channel] as number) * (bias?.data[channel] ?? 0)),
  });
  const kernel = /depthwise/i.test(node.kernel) ? "FusedDepthwiseConv2D" : "FusedConv2D";
  const inputs = { ...node.inputs, filter: weights, bias: biases };
  return { kernel, inputs, attributes: { ...node.attributes, activation: "linear" }, outputs: [output] };
}
