/** `MaxPool`: tfjs' own kernel for wasm compares so that a NaN takes other values of its window with it, or becomes −∞. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import { floatsOf, type Kernel, type KernelCall, type Results, runKernel, sizeOf, type WasmBackend } from "./heap.js";
import { keepNaN, poolOf } from "./keep-nan.js";

/**
 * tfjs defines that a NaN is passed over, as on its CPU backend; a window of nothing else gives NaN on fgkd's engines. Images
 * without one, which their sum tells at a small part of a step's cost, are left to tfjs' kernel.
 */
export function maxPoolWith(stock: Kernel) {
  return (call: KernelCall<tf.MaxPoolInputs, tf.MaxPoolAttrs>): Results => {
    const x = call.inputs.x as tf.TensorInfo;
    if (sizeOf(x.shape) > 0 && x.dtype === "float32" && Number.isNaN(sumOf(call.backend, x))) {
      // A kernel of one result.
      const y = runOnCpu(tf.MaxPool, call) as tf.TensorInfo;
      keepNaN(floatsOf(call.backend, x), floatsOf(call.backend, y), poolOf(x.shape, call.attrs));
      return y;
    }
    // The call is handed on as it came.
    return stock(call as never);
  };
}

/** NaN if there is one among the values, or +∞ beside −∞. */
function sumOf(backend: WasmBackend, x: tf.TensorInfo): number {
  const sum = runKernel(backend, tf.Sum, { x }, { axis: x.shape.map((_, axis) => axis), keepDims: false });
  const [value] = floatsOf(backend, sum);
  backend.disposeData(sum.dataId);
  return value as number;
}
