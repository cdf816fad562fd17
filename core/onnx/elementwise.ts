/** Kernels that look at one place of a tensor at a time: arithmetic, activations. They keep the layout they find. */
import type { GraphNode } from "../graph/graph.js";
import { type Emitter, type Layout, orders, permuted } from "./emitter.js";

/** Writes a node of the graph. */
export type KernelWriter = (node: GraphNode, to: Emitter) => void;

/** The names of a node's inputs that the kernel always has. */
export function inputsOf<Names extends string>(node: GraphNode, ..._names: Names[]): Readonly<Record<Names, string>> {
  return node.inputs as Readonly<Record<Names, string>>;
}

export function outputOf({ outputs }: GraphNode): string {
  return outputs[0] as string;
}

type Unary = (to: Emitter, x: string, node: GraphNode) => string;

const direct =
  (operator: string): Unary =>
  (to, x) =>
    to.node(operator, [x]);

function scalar(to: Emitter, value: number): string {
  return to.floats(`scalar_${value}`, { shape: [], data: Float32Array.of(value) });
}

function numberIn({ attributes }: GraphNode, name: string, usual = 0): number {
  return typeof attributes[name] === "number" ? attributes[name] : usual;
}

/** By kernel, for one tensor. */
const unaries: Readonly<Record<string, Unary>> = {
  ...Object.fromEntries(
    ["Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "Log", "Neg", "Reciprocal", "Relu"].map((name) => [
      name,
      direct(name),
    ]),
  ),
  ...Object.fromEntries(
    ["Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Tanh"].map((name) => [name, direct(name)]),
  ),
  Identity: (_, x) => x,
  StopGradient: (_, x) => x,
  Relu6: (to, x) => to.node("Clip", [x, scalar(to, 0), scalar(to, 6)]),
  ClipByValue: (to, x, node) =>
    to.node("Clip", [x, scalar(to, numberIn(node, "clipValueMin")), scalar(to, numberIn(node, "clipValueMax"))]),
  LeakyRelu: (to, x, node) => to.node("LeakyRelu", [x], { alpha: numberIn(node, "alpha", 0.2) }),
  Square: (to, x) => to.node("Mul", [x, x]),
  Rsqrt: (to, x) => to.node("Reciprocal", [to.node("Sqrt", [x])]),
};

/** By what tfjs calls the activation of a fused kernel. */
const activations: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
};

/** What follows in a fused kernel. */
export function activated(node: GraphNode, to: Emitter, x: string): string {
  const { activation = "linear", leakyreluAlpha = null } = node.attributes;
  if (activation === "linear" || activation === null) return x;
  const name = activations[String(activation)];
  const write = name === undefined ? undefined : unaries[name];
  if (!write) throw to.refuse(node.kernel, `has the activation ${String(activation)}, which no operator of ONNX is`);
  return write(to, x, { ...node, attributes: { alpha: leakyreluAlpha } });
}

function unary(write: Unary): KernelWriter {
  return (node, to) => {
    const [x = ""] = Object.values(node.inputs);
    const layout = to.layoutOf(x);
    to.set(outputOf(node), write(to, to.get(x, layout), node), layout);
  };
}

/** By kernel, for two tensors. */
const binaries: Readonly<Record<string, string>> = {
  Add: "Add",
  AddV2: "Add",
  Sub: "Sub",
  Multiply: "Mul",
  RealDiv: "Div",
  Maximum: "Max",
  Minimum: "Min",
  Pow: "Pow",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
  Equal: "Equal",
};

/** Of operands that are broadcast: channels come first where they do in one of them, and it can be done for the others. */
function sharedLayout(values: readonly string[], to: Emitter): Layout {
  const movable = values.every((value) => to.constantOf(value) !== undefined || isImage(value, to));
  const found = values.some((value) => isImage(value, to) && !to.constantOf(value) && to.layoutOf(value) === "first");
  return movable && found ? "first" : "last";
}

function isImage(value: string, to: Emitter): boolean {
  return to.shapeOf(value).length === 4;
}

/** An operand as it is broadcast in a layout. */
function operand(value: string, layout: Layout, to: Emitter): string {
  const constant = to.constantOf(value);
  if (constant?.shape.length === 0) return to.get(value, "last");
  if (!constant || layout === "last" || constant.shape.length === 4) return to.get(value, layout);
  const { data } = constant;
  if (!(data instanceof Float32Array))
    throw to.refuse("Cast", "makes whole numbers of what is broadcast over channels");
  const shape = [...Array<number>(4 - constant.shape.length).fill(1), ...constant.shape];
  return to.floats(`${value}.first`, permuted({ shape, data }, orders.first));
}

function binary(operator: string): KernelWriter {
  return (node, to) => {
    const { a, b } = inputsOf(node, "a", "b");
    const layout = sharedLayout([a, b], to);
    to.set(outputOf(node), to.node(operator, [operand(a, layout, to), operand(b, layout, to)]), layout);
  };
}

const squaredDifference: KernelWriter = (node, to) => {
  const { a, b } = inputsOf(node, "a", "b");
  const layout = sharedLayout([a, b], to);
  const difference = to.node("Sub", [operand(a, layout, to), operand(b, layout, to)]);
  to.set(outputOf(node), to.node("Mul", [difference, difference]), layout);
};

const prelu: KernelWriter = (node, to) => {
  const { x, alpha } = inputsOf(node, "x", "alpha");
  const layout = sharedLayout([x, alpha], to);
  to.set(outputOf(node), to.node("PRelu", [operand(x, layout, to), operand(alpha, layout, to)]), layout);
};

const select: KernelWriter = (node, to) => {
  const { condition, t, e } = inputsOf(node, "condition", "t", "e");
  const [where, yes, no] = [condition, t, e].map((value) => to.get(value, "last")) as [string, string, string];
  to.set(outputOf(node), to.node("Where", [where, yes, no]), "last");
};

const elementTypes: Readonly<Record<string, bigint>> = { float32: 1n, int32: 6n, bool: 9n };

const cast: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const layout = to.layoutOf(x);
  const type = elementTypes[String(node.attributes.dtype)];
  if (type === undefined) throw to.refuse(node.kernel, `makes ${String(node.attributes.dtype)} of numbers`);
  to.set(outputOf(node), to.node("Cast", [to.get(x, layout)], { to: type }), layout);
};

export const elementwise: Readonly<Record<string, KernelWriter>> = {
  ...Object.fromEntries(Object.entries(unaries).map(([kernel, write]) => [kernel, unary(write)])),
  ...Object.fromEntries(Object.entries(binaries).map(([kernel, operator]) => [kernel, binary(operator)])),
  SquaredDifference: squaredDifference,
  Prelu: prelu,
  Select: select,
  Cast: cast,
};
