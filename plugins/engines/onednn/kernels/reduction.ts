/** Sums, means, extremes, positions of extremes and softmax. */
import * as tf from "@tensorflow/tfjs";
import type { Addon, Values } from "../addon.js";
import type { OnednnBackend } from "../backend.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

const kinds = { Sum: 0, Mean: 1, Max: 2, Min: 3 } as const;

export function reductionKernels(addon: Addon): NamedKernel[] {
  const reductions = Object.entries(kinds).map(([name, kind]) =>
    floatKernel(name, (call) => reduce(addon, call, kind)),
  );
  return [
    ...reductions,
    floatKernel("ArgMax", (call) => argExtreme(addon, call, true)),
    floatKernel("ArgMin", (call) => argExtreme(addon, call, false)),
    floatKernel("Softmax", (call) => softmax(addon, call, false), isLastAxis),
    floatKernel("FgkdLogSoftmax", (call) => softmax(addon, call, true)),
    floatKernel("FgkdSoftmaxGrad", (call) => softmaxGrad(addon, call, false)),
    floatKernel("FgkdLogSoftmaxGrad", (call) => softmaxGrad(addon, call, true)),
  ];
}

/** A run of neighbouring axes that are all reduced, or all kept. */
interface Group {
  size: number;
  readonly reduced: boolean;
}

function groupsOf(shape: readonly number[], axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, axis) => {
    const reduced = axes.includes(axis);
    const last = groups[groups.length - 1];
    if (size === 1) return;
    if (last?.reduced === reduced) last.size *= size;
    else groups.push({ size, reduced });
  });
  return groups;
}

function reduce(addon: Addon, call: Call, kind: number): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const axes = tf.util.parseAxisParam((attrs.axis ?? attrs.reductionIndices) as number | number[], x.shape);
  const [kept] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const y = backend.output(shape, "float32");
  if (backend.isBlocked(x) && axes.join() === "1,2") {
    // Images in blocks of eight channels are more images of eight; the result of [n, c / 8, 8] is [n, c].
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    addon.reduce(kind, backend.blocked(x), backend.values(y), (batch * channels) / 8, height * width, 8);
    return y;
  }
  const groups = groupsOf(x.shape, axes);
  const [rows, columns] = groups;
  if (kind === kinds.Sum && backend.isBf16(x) && groups.length === 2 && rows?.reduced && columns) {
    // A bias's gradient: widened in parts.
    addon.sumRows(backend.stored(x), backend.values(y), rows.size, columns.size);
    return y;
  }
  let source = backend.values(x);
  // One group of axes at a time, the last first: each pass is a reduction of [outer, n, inner].
  for (let at = groups.length - 1; at >= 0; at--) {
    const group = groups[at] as Group;
    if (!group.reduced) continue;
    const before = groups.slice(0, at);
    const outer = sizeOf(before);
    const inner = sizeOf(groups.slice(at + 1).filter(({ reduced }) => !reduced));
    const isLast = before.every(({ reduced }) => !reduced);
    const target = isLast ? backend.values(y) : backend.take("float32", outer * inner);
    addon.reduce(kind, source, target, outer, group.size, inner);
    release(backend, x, source);
    source = target;
  }
  if (!groups.some(({ reduced }) => reduced)) addon.cast(source, backend.values(y));
  return y;
}

/** Gives an intermediate result back; the tensor's own values stay. */
function release(backend: OnednnBackend, x: tf.TensorInfo, values: Values): void {
  if (backend.data.get(x.dataId).values !== values && backend.pool.owns(values.buffer)) backend.giveBack(values);
}

function sizeOf(groups: readonly Group[]): number {
  return groups.reduce((product, { size }) => product * size, 1);
}

function argExtreme(addon: Addon, call: Call, greatest: boolean): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const [axis = 0] = tf.util.parseAxisParam(attrs.axis as number, x.shape);
  const size = (part: number[]) => tf.util.sizeFromShape(part);
  const y = backend.output([...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)], "int32");
  const [outer, inner] = [size(x.shape.slice(0, axis)), size(x.shape.slice(axis + 1))];
  addon.argExtreme(greatest, backend.values(x), backend.values(y), outer, x.shape[axis] ?? 1, inner);
  return y;
}

function isLastAxis({ inputs: { logits }, attrs: { dim } }: Call): boolean {
  return dim === -1 || dim === (logits?.shape.length ?? 0) - 1;
}

function rowsOf({ shape }: tf.TensorInfo): [rows: number, columns: number] {
  return [tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1];
}

function softmax(addon: Addon, call: Call, log: boolean): tf.TensorInfo {
  const logits = input(call, "logits");
  const y = call.backend.output(logits.shape, "float32");
  addon.softmax(call.backend.values(logits), call.backend.values(y), ...rowsOf(logits), log);
  return y;
}

function softmaxGrad(addon: Addon, call: Call, log: boolean): tf.TensorInfo {
  const { backend } = call;
  const [dy, y] = [input(call, "dy"), input(call, "y")];
  const dx = backend.output(y.shape, "float32");
  addon.softmaxGrad(backend.values(dy), backend.values(y), backend.values(dx), ...rowsOf(y), log);
  return dx;
}
