/** Sums, means and extremes over any axes, in an order of addition that the shape alone decides. */
import * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../backend.js";
import { type Call, floatKernel, type GpuKernel, input } from "../kernel.js";
import type { NumberField, Shader } from "../shader.js";
import { channelOf, declare, elementsOf, gather, keyOf, type Plan, planOf } from "./columns.js";
import { whole } from "./fields.js";
import { acrossRow, declareRows, eachColumn, type RowPlan, rowPlanOf } from "./rows.js";

/** How two values become one. NaN stays. */
const kinds = {
  Sum: (a: string, b: string) => `${a} + ${b}`,
  Max: (a: string, b: string) => `select(${a}, ${b}, (${b} > ${a}) | isNan(${b}))`,
  Min: (a: string, b: string) => `select(${a}, ${b}, (${b} < ${a}) | isNan(${b}))`,
} as const;

type Kind = keyof typeof kinds;

export const reductionKernels: readonly GpuKernel[] = (["Sum", "Mean", "Max", "Min"] as const).map((name) =>
  floatKernel(name, (call) => reduce(call, name === "Mean" ? "Sum" : name, name === "Mean"), isDispatched),
);

/** What lies before the reduced axes is an axis of the dispatch, where anything lies behind them. */
function isDispatched(call: Call): boolean {
  const { shape } = input(call, "x");
  const runs = runsOf(shape, axesOf(call));
  return runs.every(({ reduced }, at) => !reduced || at === runs.length - 1 || sizeOf(runs.slice(0, at)) < 2 ** 16);
}

function axesOf(call: Call): number[] {
  const { axis, reductionIndices } = call.attrs;
  return tf.util.parseAxisParam((axis ?? reductionIndices) as number | number[], input(call, "x").shape);
}

/** Neighbouring axes that are all reduced, or all kept. */
interface Run {
  size: number;
  readonly reduced: boolean;
}

function runsOf(shape: readonly number[], axes: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  shape.forEach((size, axis) => {
    const reduced = axes.includes(axis);
    const last = runs[runs.length - 1];
    if (size === 1) return;
    if (last?.reduced === reduced) last.size *= size;
    else runs.push({ size, reduced });
  });
  return runs;
}

function sizeOf(runs: readonly Run[]): number {
  return runs.reduce((product, { size }) => product * size, 1);
}

function reduce(call: Call, kind: Kind, isMean: boolean): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const axes = axesOf(call);
  const [kept, over] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const divisor = isMean ? tf.util.sizeFromShape(over) : 1;
  const runs = runsOf(x.shape, axes);
  const reduced = runs.flatMap((run, at) => (run.reduced ? [at] : []));
  if (reduced.length === 0) {
    backend.incRef(x.dataId);
    return { ...x, shape };
  }
  let source = x;
  // One run of axes at a time, the last first: each is a reduction of [outer, n, inner].
  for (const at of reduced.reverse()) {
    const [outer, inner] = [runs.slice(0, at), runs.slice(at + 1).filter((run) => !run.reduced)].map(sizeOf);
    const isLast = at === Math.min(...reduced);
    const sizes = { outer: outer as number, n: (runs[at] as Run).size, inner: inner as number };
    const result = reduceOne(backend, kind, source, sizes, isLast ? divisor : 1);
    if (source !== x) backend.disposeData(source.dataId);
    source = result;
  }
  return { ...source, shape };
}

interface Sizes {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/** Of `[outer, n, inner]` to `[outer, inner]`. */
function reduceOne(backend: GpuBackend, kind: Kind, x: tf.TensorInfo, sizes: Sizes, divisor: number): tf.TensorInfo {
  const { outer, n, inner } = sizes;
  const dispatch = inner === 1 ? ofRows(kind, rowPartsOf(outer, n)) : ofColumns(kind, planOf(outer, n, inner));
  const { parts } = dispatch.numbers;
  const y = backend.allocate([outer, parts, inner]);
  backend.run({
    ...dispatch,
    reads: [x],
    writes: [y],
    numbers: { ...dispatch.numbers, divisor: parts === 1 ? divisor : 1 },
  });
  if (parts === 1) return y;
  const whole = reduceOne(backend, kind, y, { outer, n: parts, inner }, divisor);
  backend.disposeData(y.dataId);
  return whole;
}

const divisorField: NumberField = { name: "divisor", type: "f32" };

function ofColumns(kind: Kind, plan: Plan) {
  const element = elementsOf(plan);
  const both = kinds[kind];
  const shader: Shader = {
    key: `${kind}/columns/${keyOf(plan)}`,
    reads: [{ name: "x", element }],
    writes: [{ name: "y", element }],
    numbers: [...whole("rows", "channels", "span", "parts"), divisorField],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: declare(plan, 1),
      main: `${channelOf(plan)}
  let begin = group.y * numbers.span;
  let end = min(begin + numbers.span, numbers.rows);
${gather(plan, {
  states: ["total"],
  // A value that counts twice changes no extreme.
  ...(kind !== "Sum" && {
    first: `if (inside) { total = x[(group.z * numbers.rows + min(begin + thread.y, end - 1u)) * numbers.channels + channel]; }`,
  }),
  from: "begin",
  to: "end",
  each: `      let value = x[(group.z * numbers.rows + row) * numbers.channels + channel];
      total = ${both("total", "value")};`,
  merge: `      total = ${both("total", "total_")};`,
})}
  if (inside && thread.y == 0u) {
    y[(group.z * numbers.parts + group.y) * numbers.channels + channel] = total / numbers.divisor;
  }`,
    }),
  };
  const { rows, channels, span, parts } = plan;
  return { shader, numbers: { rows, channels, span, parts }, groups: [plan.blocks, parts, plan.images] as Three };
}

type Three = [number, number, number];

/** Values of a row that one workgroup gathers, at most: 64 for each of its threads. */
const mostOfPart = 16_384;

/** Rows cut into parts, as if each part were a row. */
interface RowParts extends RowPlan {
  readonly parts: number;
  readonly total: number;
}

function rowPartsOf(outer: number, n: number): RowParts {
  const parts = Math.ceil(n / mostOfPart);
  return { ...rowPlanOf(outer * parts, Math.ceil(n / parts)), parts, total: n };
}

function ofRows(kind: Kind, plan: RowParts) {
  const both = kinds[kind];
  const shader: Shader = {
    key: `${kind}/rows/${plan.lanes}`,
    reads: [{ name: "x", element: "f32" }],
    writes: [{ name: "y", element: "f32" }],
    numbers: [...whole("rows", "span", "parts", "total"), divisorField],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: declareRows(plan),
      main: `  let row = (group.y * groups.x + group.x) * ${plan.depth}u + thread.y;
  let inside = row < numbers.rows;
  let begin = (row % numbers.parts) * numbers.span;
  let base = (row / numbers.parts) * numbers.total + begin;
  let count = min(numbers.span, numbers.total - begin);
  var total = 0.0;
  ${kind === "Sum" ? "" : "if (inside) { total = x[base + min(thread.x, count - 1u)]; }"}
${eachColumn(plan, `      total = ${both("total", "x[place]")};`).replace("numbers.columns", "count")}
${acrossRow(plan, "total", both("total", "other"))}
  if (inside && thread.x == 0u) { y[row] = total / numbers.divisor; }`,
    }),
  };
  const { rows, columns, parts, total } = plan;
  return { shader, numbers: { rows, span: columns, parts, total }, groups: plan.groups };
}
