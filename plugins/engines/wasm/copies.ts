/** Kernels that only move elements: `Slice`, `GatherV2`, `Reverse`, `Tile`, by block copies of the longest runs. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import { addressOf, allWords, copyRuns, type KernelCall, type Results, sizeOf } from "./heap.js";

/** Float32 and int32: what is stored as 32-bit words. */
function hasWords(x: tf.TensorInfo): boolean {
  return x.dtype === "float32" || x.dtype === "int32";
}

/** tfjs' own copies the whole of `x` first, whatever is asked of it, and does not check the bounds. */
export function slice(call: KernelCall<tf.SliceInputs, tf.SliceAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  if (!hasWords(x)) return runOnCpu(tf.Slice, call);
  // tfjs reads the shape only, though it asks for a tensor; it returns a pair.
  const parameters = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size);
  const [begin, size] = parameters as [number[], number[]];
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
  const out = backend.makeOutput(size, x.dtype);
  if (sizeOf(size) === 0) return out;
  const strides = stridesOf(x.shape);
  const last = lastAxis(x.shape, (axis) => size[axis] !== x.shape[axis]);
  const length = (size[last] ?? 1) * (strides[last] ?? 1);
  const heap = allWords(backend);
  let to = addressOf(backend, out) / 4;
  const visit = (axis: number, from: number): void => {
    const start = from + (begin[axis] ?? 0) * (strides[axis] ?? 0);
    if (axis >= last) {
      copyRuns(heap, start, length, to, length, length, 1);
      to += length;
      return;
    }
    for (let at = 0; at < (size[axis] as number); at++) visit(axis + 1, start + at * (strides[axis] as number));
  };
  visit(0, addressOf(backend, x) / 4);
  return out;
}

/** tfjs' own takes 50 ns an element. */
export function gather(call: KernelCall<tf.GatherV2Inputs, tf.GatherV2Attrs>): Results {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  const indices = inputs.indices as tf.TensorInfo;
  if (!hasWords(x) || indices.dtype !== "int32") return runOnCpu(tf.GatherV2, call);
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
  const limit = x.shape[axis] as number;
  // As for slices, tfjs reads the shapes only.
  const { batchSize, outerSize, sliceSize, outputShape } = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x as tf.Tensor,
    indices as tf.Tensor,
    axis,
    attrs.batchDims ?? 0,
  );
  const out = backend.makeOutput(outputShape, x.dtype);
  const heap = allWords(backend);
  const firstIndex = addressOf(backend, indices) / 4;
  const count = sizeOf(indices.shape) / batchSize;
  let from = addressOf(backend, x) / 4;
  let to = addressOf(backend, out) / 4;
  for (let batch = 0; batch < batchSize; batch++) {
    for (let outer = 0; outer < outerSize; outer++, from += limit * sliceSize) {
      for (let at = 0; at < count; at++, to += sliceSize) {
        const index = heap[firstIndex + batch * count + at] as number;
        if (index < 0 || index >= limit) {
          backend.disposeData(out.dataId);
          throw new Error(`GatherV2: the index value ${index} is not in [0, ${limit - 1}]`);
        }
        copyRuns(heap, from + index * sliceSize, sliceSize, to, sliceSize, sliceSize, 1);
      }
    }
  }
  return out;
}

/** tfjs' own takes 50 ns an element. */
export function reverse(call: KernelCall<tf.ReverseInputs, tf.ReverseAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  if (!hasWords(x)) return runOnCpu(tf.Reverse, call);
  const reversed = new Set(x.shape.length === 0 ? [] : tf.util.parseAxisParam(attrs.dims, x.shape));
  const out = backend.makeOutput(x.shape, x.dtype);
  if (sizeOf(x.shape) === 0) return out;
  const strides = stridesOf(x.shape);
  const last = lastAxis(x.shape, (axis) => reversed.has(axis));
  const heap = allWords(backend);
  let to = addressOf(backend, out) / 4;
  const visit = (axis: number, from: number): void => {
    const size = x.shape[axis] ?? 1;
    const stride = strides[axis] ?? 1;
    const step = reversed.has(axis) ? -stride : stride;
    const start = step < 0 ? from + (size - 1) * stride : from;
    if (axis >= last) {
      copyRuns(heap, start, step, to, stride, stride, size);
      to += size * stride;
      return;
    }
    for (let at = 0; at < size; at++) visit(axis + 1, start + at * step);
  };
  visit(0, addressOf(backend, x) / 4);
  return out;
}

/** tfjs' own takes 100 ns an element. */
export function tile(call: KernelCall<tf.TileInputs, tf.TileAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  if (!hasWords(x)) return runOnCpu(tf.Tile, call);
  const { reps } = attrs;
  const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
  const out = backend.makeOutput(shape, x.dtype);
  if (sizeOf(shape) === 0) return out;
  const strides = stridesOf(x.shape);
  const last = lastAxis(x.shape, (axis) => (reps[axis] ?? 1) !== 1);
  const heap = allWords(backend);
  let to = addressOf(backend, out) / 4;
  const visit = (axis: number, from: number): void => {
    const size = x.shape[axis] ?? 1;
    const stride = strides[axis] ?? 1;
    const start = to;
    if (axis >= last) {
      copyRuns(heap, from, size * stride, to, size * stride, size * stride, 1);
      to += size * stride;
    } else {
      for (let at = 0; at < size; at++) visit(axis + 1, from + at * stride);
    }
    const length = to - start;
    for (let copy = 1; copy < (reps[axis] ?? 1); copy++, to += length) heap.copyWithin(to, start, start + length);
  };
  visit(0, addressOf(backend, x) / 4);
  return out;
}

/** The last axis of which the predicate holds; behind it everything is one run. At least 0. */
function lastAxis(shape: readonly number[], matters: (axis: number) => boolean): number {
  for (let axis = shape.length - 1; axis > 0; axis--) if (matters(axis)) return axis;
  return 0;
}

function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}
