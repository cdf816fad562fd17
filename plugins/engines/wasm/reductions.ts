/** `Sum` and `Mean` in double precision: tfjs' own add up floats one by one, and lose 1% of a million equal terms. */
import * as tf from "@tensorflow/tfjs";
import {
  floatsOf,
  forEachRun,
  type Kernel,
  type KernelCall,
  type Results,
  runKernel,
  sizeOf,
  type WasmBackend,
} from "./heap.js";

/** Sums of float32; other types go to tfjs' own kernel, `stock`. */
export function sumWith(stock: Kernel) {
  return (call: KernelCall<tf.SumInputs, tf.SumAttrs>): Results => {
    const x = call.inputs.x as tf.TensorInfo;
    // The call is handed on as it came.
    return x.dtype === "float32" ? reduce(call.backend, x, call.attrs, false) : stock(call as never);
  };
}

/** Means, of any numeric type; they are float32. */
export function mean({ inputs, attrs, backend }: KernelCall<tf.MeanInputs, tf.MeanAttrs>): tf.TensorInfo {
  const x = inputs.x as tf.TensorInfo;
  if (x.dtype === "float32") return reduce(backend, x, attrs, true);
  const cast = runKernel(backend, tf.Cast, { x }, { dtype: "float32" });
  const result = reduce(backend, cast, attrs, true);
  backend.disposeData(cast.dataId);
  return result;
}

function reduce(backend: WasmBackend, x: tf.TensorInfo, attrs: tf.SumAttrs, divide: boolean): tf.TensorInfo {
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape);
  const [kept] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const out = backend.makeOutput(shape, "float32");
  const extent = contiguousExtent(x.shape, axes);
  if (extent !== undefined) {
    addUp(floatsOf(backend, x), floatsOf(backend, out), extent, divide);
    return out;
  }
  const keptAxes = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...keptAxes, ...axes];
  const transposed = runKernel(backend, tf.Transpose, { x }, { perm });
  const all = { outer: sizeOf(kept), count: sizeOf(x.shape) / sizeOf(kept), inner: 1 };
  addUp(floatsOf(backend, transposed), floatsOf(backend, out), all, divide);
  backend.disposeData(transposed.dataId);
  return out;
}

/** `[outer, count, inner]`, to be summed over `count`. */
interface Extent {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** The shape as `[outer, reduced, inner]` if the reduced axes lie side by side, but for axes of size 1. */
function contiguousExtent(shape: readonly number[], axes: readonly number[]): Extent | undefined {
  const long = shape.map((size, axis) => ({ size, reduced: axes.includes(axis) })).filter(({ size }) => size !== 1);
  const first = long.findIndex(({ reduced }) => reduced);
  if (first < 0) return { outer: sizeOf(shape), count: 1, inner: 1 };
  const last = long.findLastIndex(({ reduced }) => reduced);
  const middle = long.slice(first, last + 1);
  if (middle.some(({ reduced }) => !reduced)) return undefined;
  const product = (part: typeof long) => sizeOf(part.map(({ size }) => size));
  return { outer: product(long.slice(0, first)), count: product(middle), inner: product(long.slice(last + 1)) };
}

function addUp(x: Float32Array, out: Float32Array, { outer, count, inner }: Extent, divide: boolean): void {
  const divisor = divide ? count : 1;
  if (inner === 1) {
    for (let at = 0; at < outer; at++) out[at] = sumOfRun(x, at * count, (at + 1) * count) / divisor;
    return;
  }
  const sums = new Float64Array(inner);
  for (let at = 0; at < outer; at++) {
    const part = x.subarray(at * count * inner, (at + 1) * count * inner);
    sums.fill(0);
    forEachRun(part.length, inner, (channel, begin, end) => {
      let sum = 0;
      for (let element = begin; element < end; element += inner) sum += part[element] as number;
      sums[channel] = (sums[channel] as number) + sum;
    });
    for (let channel = 0; channel < inner; channel++) out[at * inner + channel] = (sums[channel] as number) / divisor;
  }
}

/** Four sums side by side, since one alone would wait for each addition to finish. */
function sumOfRun(x: Float32Array, begin: number, end: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = begin + 4 * Math.floor((end - begin) / 4);
  for (let at = begin; at < whole; at += 4) {
    first += x[at] as number;
    second += x[at + 1] as number;
    third += x[at + 2] as number;
    fourth += x[at + 3] as number;
  }
  for (let at = whole; at < end; at++) first += x[at] as number;
  return first + second + third + fourth;
}
