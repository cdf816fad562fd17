/** Kernels of a graph as the operations of a TensorFlow.js graph model: what `tf.loadGraphModel` turns into kernels again. */
import { type Attribute, type Count, countsIn, type Graph, type GraphNode, sideOf } from "../graph/graph.js";
import { notExportable } from "../values/export-errors.js";

/** As model.json has it. */
type TfValue =
  | { readonly i: string }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly s: string }
  | { readonly type: string }
  | { readonly shape: { readonly dim: readonly { readonly size: string }[] } }
  | { readonly list: { readonly i: readonly string[] } | { readonly s: readonly string[] } };

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TfValue>>;
}

/** What writers write with. */
export interface TfEmitter {
  readonly owner: string;
  readonly graph: Graph;
  shapeOf(value: string): readonly Count[];
  /** A list of whole numbers, or one, as an input; returns its name. */
  wholes(values: readonly number[], shape?: readonly number[]): string;
  float(value: number): string;
  /** Adds a node beside those of the graph; returns its name. */
  add(op: string, input: readonly string[], attr?: TfNode["attr"]): string;
}

/** The operation, its inputs in order, and its attributes. */
type Written = readonly [op: string, input: readonly string[], attr?: TfNode["attr"]];
type TfWriter = (node: GraphNode, to: TfEmitter) => Written;

const whole = (value: number): TfValue => ({ i: String(value) });
const wholes = (values: readonly number[]): TfValue => ({ list: { i: values.map(String) } });
const base64 = (text: string) => Buffer.from(text).toString("base64");
const text = (value: string): TfValue => ({ s: base64(value) });
const flag = (value: Attribute | undefined): TfValue => ({ b: value === true });
const inputsIn = (node: GraphNode) => Object.values(node.inputs);
const inputsBy = (node: GraphNode, ...names: readonly string[]) =>
  names.flatMap((name) => (node.inputs[name] === undefined ? [] : [node.inputs[name]]));
const numbers = (value: Attribute | undefined) => countsIn(value).map(sideOf);

function refused({ owner }: TfEmitter, { kernel }: GraphNode, problem: string): Error {
  return notExportable(owner, `its kernel ${kernel} ${problem}`, "Let the network use another operation in its place.");
}

const same: readonly string[] = [
  ...["Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "Identity", "Log", "Neg", "Reciprocal", "Relu", "Relu6"],
  ...["Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Softmax", "Softplus", "Sqrt", "Square", "Tanh", "LogSoftmax"],
];

/** By kernel, of the inputs `a` and `b`. */
const binaries: Readonly<Record<string, string>> = {
  Add: "AddV2",
  Sub: "Sub",
  Multiply: "Mul",
  RealDiv: "RealDiv",
  Maximum: "Maximum",
  Minimum: "Minimum",
  Pow: "Pow",
  SquaredDifference: "SquaredDifference",
  Greater: "Greater",
  GreaterEqual: "GreaterEqual",
  Less: "Less",
  LessEqual: "LessEqual",
  Equal: "Equal",
};

function four(value: Attribute | undefined, usual = 1): readonly number[] {
  const [rows = usual, columns = rows] = value == null ? [] : numbers(value);
  return [1, rows, columns, 1];
}

function padded(node: GraphNode, to: TfEmitter): TfNode["attr"] {
  const { pad } = node.attributes;
  if (pad === "valid" || pad === "same") return { padding: text(pad.toUpperCase()) };
  const sides =
    typeof pad === "number" ? [0, 0, pad, pad, pad, pad, 0, 0] : Array.isArray(pad) ? pad.flat() : undefined;
  if (!sides) throw refused(to, node, `has the padding ${JSON.stringify(pad)}`);
  return { padding: text("EXPLICIT"), explicit_paddings: wholes(sides as readonly number[]) };
}

/** What follows in a fused kernel. */
function fusedOps(node: GraphNode): TfNode["attr"] {
  const { activation, leakyreluAlpha } = node.attributes;
  const names = [node.inputs.bias === undefined ? "NoOp" : "BiasAdd"];
  if (typeof activation === "string" && activation !== "linear") names.push(activation);
  return {
    fused_ops: { list: { s: names.map(base64) } },
    num_args: whole(node.inputs.bias === undefined ? 0 : 1),
    ...(typeof leakyreluAlpha === "number" && { leakyrelu_alpha: { f: leakyreluAlpha } }),
  };
}

function convolution(op: string): TfWriter {
  return (node, to) => {
    if (node.inputs.preluActivationWeights !== undefined) throw refused(to, node, "has an activation with weights");
    const { strides, dilations, activation } = node.attributes;
    const attr = {
      ...padded(node, to),
      strides: wholes(four(strides)),
      dilations: wholes(four(dilations)),
      data_format: text("NHWC"),
      ...(activation !== undefined && fusedOps(node)),
    };
    return [op, inputsBy(node, "x", "filter", "bias"), attr];
  };
}

/** Its own border is one that no value is less than; of averages there is none that counts for nothing. */
const maxPool: TfWriter = (node, to) => {
  const { pad, filterSize, strides } = node.attributes;
  const attr = { ksize: wholes(four(filterSize)), strides: wholes(four(strides)) };
  if (pad === "valid" || pad === "same")
    return ["MaxPool", inputsIn(node), { ...attr, padding: text(pad.toUpperCase()) }];
  const sides =
    typeof pad === "number" ? [0, 0, pad, pad, pad, pad, 0, 0] : (countsIn(pad).flat() as readonly number[]);
  const border = to.float(-3.4e38);
  const larger = to.add("PadV2", [...inputsIn(node), to.wholes(sides, [4, 2]), border]);
  return ["MaxPool", [larger], { ...attr, padding: text("VALID") }];
};

const avgPool: TfWriter = (node, to) => {
  const { pad, filterSize, strides } = node.attributes;
  if (pad !== "valid" && pad !== "same" && pad !== 0)
    throw refused(to, node, "has a border that its averages leave out");
  const padding = text(pad === "same" ? "SAME" : "VALID");
  return ["AvgPool", inputsIn(node), { ksize: wholes(four(filterSize)), strides: wholes(four(strides)), padding }];
};

function reduction(attribute = "axis"): TfWriter {
  return (node, to) => {
    const [x = ""] = inputsIn(node);
    const keeps = to.shapeOf(node.outputs[0] as string).length === to.shapeOf(x).length;
    return [node.kernel, [x, to.wholes(numbers(node.attributes[attribute]))], { keep_dims: flag(keeps) }];
  };
}

const matMul: TfWriter = (node, to) => {
  const { transposeA, transposeB } = node.attributes;
  if (node.kernel === "BatchMatMul")
    return ["BatchMatMulV2", inputsBy(node, "a", "b"), { adj_x: flag(transposeA), adj_y: flag(transposeB) }];
  if (node.inputs.preluActivationWeights !== undefined) throw refused(to, node, "has an activation with weights");
  const attr = { transpose_a: flag(transposeA), transpose_b: flag(transposeB), ...fusedOps(node) };
  return ["_FusedMatMul", inputsBy(node, "a", "b", "bias"), attr];
};

const types: Readonly<Record<string, string>> = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" };

/** A token for each image: as often as `images` has rows. */
const rowsForEach: TfWriter = (node, to) => {
  const [x = ""] = inputsIn(node);
  const images = to.add("Slice", [to.add("Shape", [to.graph.input]), to.wholes([0]), to.wholes([1])]);
  const once = to.wholes(Array<number>(to.shapeOf(x).length - 1).fill(1));
  return ["Tile", [x, to.add("ConcatV2", [images, once, to.wholes([0], [])], { N: whole(2) })]];
};

const concat: TfWriter = (node, to) => {
  const parts = inputsIn(node);
  return ["ConcatV2", [...parts, to.wholes(numbers(node.attributes.axis), [])], { N: whole(parts.length) }];
};

const split: TfWriter = (node, to) => {
  const [axis = 0] = numbers(node.attributes.axis);
  const sizes = node.outputs.map((output) => to.shapeOf(output).at(axis) as number);
  const parts = [to.wholes(sizes), to.wholes([axis], [])];
  return ["SplitV", [...inputsIn(node), ...parts], { num_split: whole(sizes.length) }];
};

/** An input beside the tensors, which the kernel has as an attribute. */
function withList(op: string, attribute: string, shape?: readonly number[]): TfWriter {
  return (node, to) => [op, [...inputsIn(node), to.wholes(numbers(node.attributes[attribute]), shape)]];
}

export const tfWriters: Readonly<Record<string, TfWriter>> = {
  ...Object.fromEntries(same.map((name) => [name, (node: GraphNode): Written => [name, inputsIn(node)]])),
  ...Object.fromEntries(
    Object.entries(binaries).map(([name, op]) => [name, (node: GraphNode): Written => [op, inputsBy(node, "a", "b")]]),
  ),
  LeakyRelu: (node) => ["LeakyRelu", inputsIn(node), { alpha: { f: Number(node.attributes.alpha) } }],
  ClipByValue: (node, to) => {
    const bounds = [node.attributes.clipValueMin, node.attributes.clipValueMax].map((each) => to.float(Number(each)));
    return ["ClipByValue", [...inputsIn(node), ...bounds]];
  },
  Prelu: (node) => ["Prelu", inputsBy(node, "x", "alpha")],
  Select: (node) => ["SelectV2", inputsBy(node, "condition", "t", "e")],
  Cast: (node) => ["Cast", inputsIn(node), { DstT: { type: types[String(node.attributes.dtype)] ?? "DT_FLOAT" } }],
  Conv2D: convolution("Conv2D"),
  FusedConv2D: convolution("_FusedConv2D"),
  DepthwiseConv2dNative: convolution("DepthwiseConv2dNative"),
  FusedDepthwiseConv2D: convolution("FusedDepthwiseConv2dNative"),
  MaxPool: maxPool,
  AvgPool: avgPool,
  ResizeBilinear: (node, to) => {
    const { alignCorners, halfPixelCenters, size } = node.attributes;
    const attr = { align_corners: flag(alignCorners), half_pixel_centers: flag(halfPixelCenters) };
    return ["ResizeBilinear", [...inputsIn(node), to.wholes(numbers(size))], attr];
  },
  Reshape: (node, to) => ["Reshape", [...inputsIn(node), to.wholes(to.shapeOf(node.outputs[0] as string).map(sideOf))]],
  Transpose: withList("Transpose", "perm"),
  ExpandDims: withList("ExpandDims", "dim", []),
  Tile: withList("Tile", "reps"),
  Slice: (node, to) => {
    const { begin, size } = node.attributes;
    return ["Slice", [...inputsIn(node), to.wholes(numbers(begin)), to.wholes(numbers(size))]];
  },
  PadV2: (node, to) => {
    const paddings = (node.attributes.paddings as readonly (readonly number[])[]).flat();
    const value = to.float(Number(node.attributes.constantValue));
    return ["PadV2", [...inputsIn(node), to.wholes(paddings, [paddings.length / 2, 2]), value]];
  },
  ConcatV2: concat,
  Concat: concat,
  Pack: (node) => {
    const [axis = 0] = numbers(node.attributes.axis);
    return ["Pack", inputsIn(node), { axis: whole(axis), N: whole(inputsIn(node).length) }];
  },
  Unpack: (node) => {
    const [axis = 0] = numbers(node.attributes.axis);
    return ["Unpack", inputsIn(node), { axis: whole(axis), num: whole(node.outputs.length) }];
  },
  SplitV: split,
  Rows: rowsForEach,
  Mean: reduction(),
  Sum: reduction(),
  Max: reduction("reductionIndices"),
  Min: reduction(),
  Prod: reduction(),
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
};
