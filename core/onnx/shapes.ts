/** Kernels that move, cut, join or add up along axes, and products of matrices. */
import { type Attribute, countsIn, sideOf } from "../graph/graph.js";
import { activated, inputsOf, type KernelWriter, outputOf } from "./elementwise.js";
import { type Emitter, type Layout, orders, permuted } from "./emitter.js";

/** What ONNX takes for "to the end". */
const end = 2n ** 63n - 1n;

/** Axes of the graph, from 0. */
function axesIn(value: Attribute | undefined, rank: number): readonly number[] {
  return countsIn(value).map((axis) => (Number(axis) + rank) % rank);
}

/** Where an axis of the graph is in a layout. */
function placeOf(axis: number, layout: Layout): number {
  return layout === "last" ? axis : orders.first.indexOf(axis as 0);
}

/** A list with an entry for each axis, as the layout has them. */
function arranged<T>(list: readonly T[], layout: Layout): readonly T[] {
  return layout === "last" ? list : orders.first.map((axis) => list[axis] as T);
}

const reshape: KernelWriter = (node, to) => {
  const [x = ""] = Object.values(node.inputs);
  const given = to.shapeOf(x);
  const shape = to.shapeOf(outputOf(node)).map(sideOf);
  // Of one pixel both layouts are the same numbers.
  const isPixel = given.length === 4 && given[1] === 1 && given[2] === 1;
  const from = to.get(x, isPixel ? to.layoutOf(x) : "last");
  to.set(outputOf(node), to.node("Reshape", [from, to.wholes(shape)]), "last");
};

const transpose: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const perm = countsIn(node.attributes.perm).map(Number);
  const layout = to.layoutOf(x);
  const places = perm.map((axis) => BigInt(placeOf(axis, layout)));
  const isSame = places.every((place, axis) => place === BigInt(axis));
  const given = to.get(x, layout);
  to.set(outputOf(node), isSame ? given : to.node("Transpose", [given], { perm: places }), "last");
};

const slice: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const layout = to.layoutOf(x);
  const begin = countsIn(node.attributes.begin).map((start) => {
    if (typeof start !== "number") throw to.refuse(node.kernel, "begins at a place that follows the number of images");
    return start;
  });
  const ends = countsIn(node.attributes.size).map((size, axis) =>
    typeof size === "number" && size >= 0 ? BigInt(size + (begin[axis] as number)) : end,
  );
  const parts = [begin, ends].map((list) => to.wholes(arranged<number | bigint>(list, layout)));
  to.set(outputOf(node), to.node("Slice", [to.get(x, layout), ...parts]), layout);
};

/**
 * Nought, but for optimisers: onnxruntime and others take a pad of 0 into the pooling after it, whose own padding is −∞. Where a map has
 * values below 0 at its edge, the largest would be one of these.
 */
const nearlyZero = 1e-30;

const pad: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const layout = to.layoutOf(x);
  // A pair for each axis.
  const paddings = node.attributes.paddings as readonly (readonly number[])[];
  const isPooled = to.graph.nodes.some((each) => each.kernel === "MaxPool" && each.inputs.x === outputOf(node));
  const value = Number(node.attributes.constantValue ?? 0) || (isPooled ? nearlyZero : 0);
  const pads = [0, 1].flatMap((which) => arranged(paddings, layout).map((both) => both[which] as number));
  const filling = to.floats(`scalar_${value}`, { shape: [], data: Float32Array.of(value) });
  to.set(outputOf(node), to.node("Pad", [to.get(x, layout), to.wholes(pads), filling], { mode: "constant" }), layout);
};

const concat: KernelWriter = (node, to) => {
  const parts = Object.values(node.inputs);
  const rank = to.shapeOf(outputOf(node)).length;
  const layout = rank === 4 && parts.some((part) => to.layoutOf(part) === "first") ? "first" : "last";
  const [axis = 0] = axesIn(node.attributes.axis, rank);
  const inputs = parts.map((part) => to.get(part, layout));
  to.set(outputOf(node), to.node("Concat", inputs, { axis: BigInt(placeOf(axis, layout)) }), layout);
};

const pack: KernelWriter = (node, to) => {
  const rank = to.shapeOf(outputOf(node)).length;
  const [axis = 0] = axesIn(node.attributes.axis, rank);
  const place = to.wholes([axis]);
  const parts = Object.values(node.inputs).map((part) => to.node("Unsqueeze", [to.get(part, "last"), place]));
  to.set(outputOf(node), to.node("Concat", parts, { axis: BigInt(axis) }), "last");
};

const unpack: KernelWriter = (node, to) => {
  const { value } = inputsOf(node, "value");
  const [axis = 0] = axesIn(node.attributes.axis, to.shapeOf(value).length);
  for (const [index, output] of node.outputs.entries()) {
    const place = to.wholes([index], []);
    to.set(output, to.node("Gather", [to.get(value, "last"), place], { axis: BigInt(axis) }), "last");
  }
};

const split: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const [axis = 0] = axesIn(node.attributes.axis, to.shapeOf(x).length);
  const sizes = node.outputs.map((output) => to.shapeOf(output)[axis] as number);
  const made = to.nodes("Split", [to.get(x, "last"), to.wholes(sizes)], { axis: BigInt(axis) }, sizes.length);
  for (const [index, output] of node.outputs.entries()) to.set(output, made[index] as string, "last");
};

const expandDims: KernelWriter = (node, to) => {
  const { input } = inputsOf(node, "input");
  const [axis = 0] = axesIn(node.attributes.dim, to.shapeOf(outputOf(node)).length);
  to.set(outputOf(node), to.node("Unsqueeze", [to.get(input, "last"), to.wholes([axis])]), "last");
};

const tile: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const reps = countsIn(node.attributes.reps).map((count) => {
    if (typeof count !== "number") throw to.refuse(node.kernel, "repeats values as often as there are images");
    return count;
  });
  to.set(outputOf(node), to.node("Tile", [to.get(x, "last"), to.wholes(reps)]), "last");
};

/** A token for each image: the first side is that of the images. */
const rowsForEach: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const [, ...rest] = to.shapeOf(x) as readonly number[];
  const all = to.node("Shape", [to.get(to.graph.input, to.layoutOf(to.graph.input))]);
  const images = to.node("Slice", [all, to.wholes([0]), to.wholes([1])]);
  const shape = to.node("Concat", [images, to.wholes(rest)], { axis: 0n });
  to.set(outputOf(node), to.node("Expand", [to.get(x, "last"), shape]), "last");
};

/** @param axesAre a list of numbers beside the node's tensors, or one of these: ONNX moved them, operator by operator */
function reduction(operator: string, axesAre: "attribute" | "input", attribute = "axis"): KernelWriter {
  return (node, to) => {
    const { x } = inputsOf(node, "x");
    const rank = to.shapeOf(x).length;
    const axes = axesIn(node.attributes[attribute], rank);
    const keeps = to.shapeOf(outputOf(node)).length === rank;
    // Where axes go away, what is left must be in the order of tfjs.
    const inOrder = keeps || axes.includes(3) || (axes.includes(1) && axes.includes(2));
    const layout = inOrder ? to.layoutOf(x) : "last";
    const places = axes.map((axis) => placeOf(axis, layout)).sort((a, b) => a - b);
    const inputs = [to.get(x, layout), ...(axesAre === "input" ? [to.wholes(places)] : [])];
    const result = to.node(operator, inputs, {
      keepdims: keeps ? 1n : 0n,
      ...(axesAre === "attribute" && { axes: places.map(BigInt) }),
    });
    to.set(outputOf(node), result, keeps ? layout : "last");
  };
}

/** More values than these are averaged in steps: runtimes add them up one after another, in single precision. */
const mostAtOnce = 1024;

const plainMean = reduction("ReduceMean", "attribute");

/**
 * A mean, of many values as a mean of means, axis by axis. Statistics of group norms are taken over some hundred thousand values: in one
 * step they lose two digits, and a network of 150 layers answered otherwise than its model.
 */
const mean: KernelWriter = (node, to) => {
  const { x } = inputsOf(node, "x");
  const sides = to.shapeOf(x).map(sideOf);
  const axes = axesIn(node.attributes.axis, sides.length);
  const values = axes.reduce((product, axis) => product * (sides[axis] as number), 1);
  if (axes.some((axis) => to.shapeOf(x)[axis] !== sides[axis]) || values <= mostAtOnce) return plainMean(node, to);
  let value = to.get(x, "last");
  const over = (axis: number, keepdims: bigint) => {
    value = to.node("ReduceMean", [value], { axes: [BigInt(axis)], keepdims });
  };
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const [many, few] = nearlySquare(sides[axis] as number);
    if (few > 1) {
      value = to.node("Reshape", [value, to.wholes([...sides.slice(0, axis), many, few, ...sides.slice(axis + 1)])]);
      over(axis + 1, 0n);
    }
    over(axis, 1n);
    sides[axis] = 1;
  }
  const keeps = to.shapeOf(outputOf(node)).length === sides.length;
  to.set(outputOf(node), keeps ? value : to.node("Squeeze", [value, to.wholes(axes)]), "last");
};

/** Two factors as near to each other as there are, the larger first. */
function nearlySquare(side: number): readonly [many: number, few: number] {
  let few = Math.floor(Math.sqrt(side));
  while (side % few !== 0) few--;
  return [side / few, few];
}

/** A matrix, or its last two axes, turned. */
function matrix(value: string, isTurned: boolean, to: Emitter): string {
  if (!isTurned) return to.get(value, "last");
  const rank = to.shapeOf(value).length;
  const order = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  const constant = to.constantOf(value);
  if (constant?.data instanceof Float32Array)
    return to.floats(`${value}.turned`, permuted({ shape: constant.shape, data: constant.data }, order));
  return to.node("Transpose", [to.get(value, "last")], { perm: order.map(BigInt) });
}

const matMul: KernelWriter = (node, to) => {
  const { a, b, bias, preluActivationWeights } = node.inputs as Record<string, string>;
  if (preluActivationWeights !== undefined) throw to.refuse(node.kernel, "has an activation with weights");
  const [left, right] = [
    matrix(a as string, node.attributes.transposeA === true, to),
    matrix(b as string, node.attributes.transposeB === true, to),
  ];
  const product = to.node("MatMul", [left, right]);
  const result = bias === undefined ? product : to.node("Add", [product, to.get(bias, "last")]);
  to.set(outputOf(node), activated(node, to, result), "last");
};

const overClasses =
  (operator: string): KernelWriter =>
  (node, to) => {
    const { logits } = inputsOf(node, "logits");
    to.set(outputOf(node), to.node(operator, [to.get(logits, "last")], { axis: -1n }), "last");
  };

export const shapes: Readonly<Record<string, KernelWriter>> = {
  Reshape: reshape,
  Transpose: transpose,
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: split,
  ExpandDims: expandDims,
  Tile: tile,
  Rows: rowsForEach,
  Mean: mean,
  Sum: reduction("ReduceSum", "input"),
  Max: reduction("ReduceMax", "attribute", "reductionIndices"),
  Min: reduction("ReduceMin", "attribute"),
  Prod: reduction("ReduceProd", "attribute"),
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Softmax: overClasses("Softmax"),
  LogSoftmax: overClasses("LogSoftmax"),
};
