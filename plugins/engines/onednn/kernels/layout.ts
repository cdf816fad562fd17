/** Kernels that move values: transpose, pad, slice, concatenate, tile, gather, one-hot, cast, fill. */
import * as tf from "@tensorflow/tfjs";
import type { Addon, Values } from "../addon.js";
import type { NumericType, OnednnBackend } from "../backend.js";
import { type Call, input, type NamedKernel, numericKernel } from "../kernel.js";

export function layoutKernels(addon: Addon): NamedKernel[] {
  return [
    numericKernel("Transpose", (call) => transpose(addon, call)),
    numericKernel("PadV2", (call) => pad(addon, call)),
    numericKernel("Slice", (call) => slice(addon, call), isSlice),
    numericKernel("SplitV", (call) => split(addon, call)),
    numericKernel("Unpack", (call) => unpack(addon, call)),
    numericKernel("Concat", (call) => concat(addon, call), isOneType),
    numericKernel("Pack", (call) => pack(addon, call), isOneType),
    numericKernel(
      "Tile",
      (call) => tile(addon, call),
      ({ attrs }) => !(attrs.reps as number[]).includes(0),
    ),
    numericKernel(
      "GatherV2",
      (call) => gather(addon, call),
      ({ inputs }) => inputs.indices?.dtype === "int32",
    ),
    numericKernel(
      "OneHot",
      (call) => oneHot(addon, call),
      ({ attrs }) => isType(attrs.dtype) && Number(attrs.depth) > 0,
    ),
    numericKernel(
      "Cast",
      (call) => cast(addon, call),
      ({ attrs }) => isType(attrs.dtype),
    ),
    ["Fill", { accepts: ({ attrs }) => isFillable(attrs), run: (call) => fill(addon, call) }],
    numericKernel("ZerosLike", (call) => like(addon, call, 0)),
    numericKernel("OnesLike", (call) => like(addon, call, 1)),
  ];
}

function isType(dtype: unknown): dtype is NumericType {
  return dtype === "float32" || dtype === "int32" || dtype === "bool";
}

/** The kernels below run only for tensors that `isNumeric` holds for. */
function typeOf(info: tf.TensorInfo): NumericType {
  return info.dtype as NumericType;
}

function isOneType({ inputs }: Call): boolean {
  const types = new Set(Object.values(inputs).map(({ dtype }) => dtype));
  return types.size === 1 && Object.values(inputs).length > 0;
}

function copySlice(
  addon: Addon,
  backend: OnednnBackend,
  x: tf.TensorInfo,
  begin: number[],
  size: number[],
  shape = size,
) {
  const y = backend.output(shape, typeOf(x));
  const sizes = [x.shape, begin, size].map((list) => Int32Array.from(list)) as [Int32Array, Int32Array, Int32Array];
  addon.slice(backend.values(x), backend.values(y), ...sizes);
  return y;
}

function transpose(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const permutation = attrs.perm as number[];
  const y = backend.output(
    permutation.map((axis) => x.shape[axis] as number),
    typeOf(x),
  );
  addon.transpose(backend.values(x), backend.values(y), Int32Array.from(x.shape), Int32Array.from(permutation));
  return y;
}

function pad(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const paddings = attrs.paddings as [number, number][];
  const whole = paddings.map(([before, after], axis) => before + (x.shape[axis] as number) + after);
  const y = backend.output(whole, typeOf(x));
  addon.fill(backend.values(y), Number(attrs.constantValue ?? 0));
  const place = Int32Array.from(paddings, ([before]) => before);
  addon.insert(backend.values(x), backend.values(y), Int32Array.from(x.shape), place, Int32Array.from(whole));
  return y;
}

function sliceOf({ attrs }: Call, x: tf.TensorInfo): [begin: number[], size: number[]] {
  const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin as number[], attrs.size as number[]);
  return [begin as number[], size as number[]];
}

function isSlice(call: Call): boolean {
  return sliceOf(call, input(call, "x"))[1].every((size) => size > 0);
}

function slice(addon: Addon, call: Call): tf.TensorInfo {
  const x = input(call, "x");
  const [begin, size] = sliceOf(call, x);
  tf.slice_util.assertParamsValid(x, begin, size);
  return copySlice(addon, call.backend, x, begin, size);
}

function split(addon: Addon, { inputs, attrs, backend }: Call): tf.TensorInfo[] {
  const x = inputs.x as tf.Tensor;
  const [axis = 0] = tf.util.parseAxisParam(attrs.axis as number, x.shape);
  const sizes = tf.backend_util.prepareSplitSize(x, attrs.numOrSizeSplits as number[] | number, axis);
  let at = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    at += size;
    return copySlice(
      addon,
      backend,
      x,
      begin,
      x.shape.map((whole, i) => (i === axis ? size : whole)),
    );
  });
}

function unpack(addon: Addon, call: Call): tf.TensorInfo[] {
  const x = input(call, "value");
  const [axis = 0] = tf.util.parseAxisParam(call.attrs.axis as number, x.shape);
  const size = x.shape.map((whole, i) => (i === axis ? 1 : whole));
  return Array.from({ length: x.shape[axis] as number }, (_, at) =>
    copySlice(
      addon,
      call.backend,
      x,
      x.shape.map((_, i) => (i === axis ? at : 0)),
      size,
      x.shape.filter((_, i) => i !== axis),
    ),
  );
}

/** Writes tensors one behind the other along an axis; shapes may be given anew, as long as sizes agree. */
function join(addon: Addon, backend: OnednnBackend, parts: readonly tf.TensorInfo[], shapes: number[][], axis: number) {
  const whole = tf.backend_util.computeOutShape(shapes, axis);
  const y = backend.output(whole, typeOf(parts[0] as tf.TensorInfo));
  let at = 0;
  parts.forEach((part, i) => {
    const shape = shapes[i] as number[];
    const place = Int32Array.from(shape, (_, k) => (k === axis ? at : 0));
    addon.insert(backend.values(part), backend.values(y), Int32Array.from(shape), place, Int32Array.from(whole));
    at += shape[axis] as number;
  });
  return y;
}

function concat(addon: Addon, { inputs, attrs, backend }: Call): tf.TensorInfo {
  const parts = Object.values(inputs);
  const shapes = parts.map(({ shape }) => shape);
  const [axis = 0] = tf.util.parseAxisParam(attrs.axis as number, (parts[0] as tf.TensorInfo).shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  return join(addon, backend, parts, shapes, axis);
}

function pack(addon: Addon, { inputs, attrs, backend }: Call): tf.TensorInfo {
  const parts = Object.values(inputs);
  const { shape } = parts[0] as tf.TensorInfo;
  if (!parts.every((part) => tf.util.arraysEqual(part.shape, shape))) throw new Error("shapes differ");
  const given = attrs.axis as number;
  const axis = given < 0 ? given + shape.length + 1 : given;
  const widened = shape.toSpliced(axis, 0, 1);
  return join(
    addon,
    backend,
    parts,
    parts.map(() => widened),
    axis,
  );
}

function tile(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  const reps = attrs.reps as number[];
  const offset = reps.length - x.shape.length;
  let current = { info: x, shape: reps.map((_, i) => (i < offset ? 1 : (x.shape[i - offset] as number))) };
  // The innermost axis first: every pass then copies long runs.
  for (let axis = reps.length - 1; axis >= 0; axis--) {
    const count = reps[axis] as number;
    if (count === 1) continue;
    const parts = Array.from({ length: count }, () => current.info);
    const info = join(
      addon,
      backend,
      parts,
      parts.map(() => current.shape),
      axis,
    );
    if (current.info !== x) backend.disposeIntermediateTensorInfo(current.info);
    current = { info, shape: info.shape };
  }
  if (current.info !== x) return current.info;
  return copySlice(
    addon,
    backend,
    x,
    x.shape.map(() => 0),
    x.shape,
    current.shape,
  );
}

function gather(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const [x, indices] = [input(call, "x"), input(call, "indices")];
  const [axis = 0] = tf.util.parseAxisParam(attrs.axis as number, x.shape);
  const batchDims = Number(attrs.batchDims ?? 0);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, axis, batchDims);
  const y = backend.output(outputShape, typeOf(x));
  const count = tf.util.sizeFromShape(indices.shape) / batchSize;
  const sizes = Int32Array.of(batchSize, outerSize, dimSize, sliceSize);
  addon.gather(backend.values(x), backend.values(indices) as Int32Array, backend.values(y), sizes, count);
  return y;
}

function oneHot(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const indices = input(call, "indices");
  const { depth, onValue, offValue } = attrs as { depth: number; onValue: number; offValue: number };
  const y = backend.output([...indices.shape, depth], attrs.dtype as NumericType);
  const values = backend.values(y);
  addon.fill(values, offValue);
  // What follows is JavaScript.
  backend.pool.witness?.refuse();
  backend.values(indices).forEach((index: number, event: number) => {
    if (index >= 0 && index < depth) values[event * depth + index] = onValue;
  });
  return y;
}

function cast(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const x = input(call, "x");
  if (x.dtype === attrs.dtype) {
    backend.incRef(x.dataId);
    return { ...x };
  }
  const y = backend.output(x.shape, attrs.dtype as NumericType);
  addon.cast(backend.values(x), backend.values(y));
  return y;
}

function isFillable({ dtype, value, shape }: Call["attrs"]): boolean {
  return typeof value !== "string" && (dtype == null || isType(dtype)) && !(shape as number[]).includes(0);
}

function fill(addon: Addon, { attrs, backend }: Call): tf.TensorInfo {
  const value = attrs.value as number;
  const dtype = (attrs.dtype ?? tf.util.inferDtype(value)) as NumericType;
  const y = backend.output(attrs.shape as number[], dtype);
  addon.fill(backend.values(y), value);
  return y;
}

function like(addon: Addon, call: Call, value: number): tf.TensorInfo {
  const x = input(call, "x");
  const y = call.backend.output(x.shape, typeOf(x));
  addon.fill(call.backend.values(y) as Values, value);
  return y;
}
