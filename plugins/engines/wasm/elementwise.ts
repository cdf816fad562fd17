/** Element-wise kernels that tfjs' wasm backend gets wrong: they hide NaN, or keep a truth value other than 0 and 1. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import {
  floatsOf,
  type Kernel,
  type KernelCall,
  makeScalar,
  type Results,
  runKernel,
  sizeOf,
  type WasmBackend,
} from "./heap.js";

/** tfjs' own turns NaN into the lower bound, so that a loss which clips hides that training has broken down. */
export function clipByValue(call: KernelCall<tf.ClipByValueInputs, tf.ClipByValueAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  if (x.dtype !== "float32") return runOnCpu(tf.ClipByValue, call);
  return between(backend, x, attrs.clipValueMin, attrs.clipValueMax);
}

/** As for `clipByValue`: tfjs' own turns NaN into 0. */
export function relu6(call: KernelCall<tf.Relu6Inputs, object>): Results {
  const x = call.inputs.x as tf.TensorInfo;
  if (x.dtype !== "float32") return runOnCpu(tf.Relu6, call);
  return between(call.backend, x, 0, 6);
}

function between(backend: WasmBackend, x: tf.TensorInfo, low: number, high: number): tf.TensorInfo {
  if (sizeOf(x.shape) === 0) return backend.makeOutput(x.shape, x.dtype);
  const [least, most] = [makeScalar(backend, low), makeScalar(backend, high)];
  const raised = runKernel(backend, tf.Maximum, { a: x, b: least });
  const result = runKernel(backend, tf.Minimum, { a: raised, b: most });
  for (const { dataId } of [least, most, raised]) backend.disposeData(dataId);
  return result;
}

/** Casts to bool by comparison with 0, where tfjs' own keeps the low byte; other casts are left to it. */
export function castWith(stock: Kernel) {
  return (call: KernelCall<tf.CastInputs, tf.CastAttrs>): Results => {
    const { inputs, attrs, backend } = call;
    const x = inputs.x as tf.TensorInfo;
    if (attrs.dtype !== "bool" || x.dtype === "bool") {
      // The call is handed on as it came.
      return stock(call as never);
    }
    return x.dtype === "float32" ? isNotZero(backend, x) : runOnCpu(tf.Cast, call);
  };
}

function isNotZero(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, "bool");
  const values = floatsOf(backend, x);
  const { memoryOffset } = backend.dataIdMap.get(out.dataId);
  const truths = new Uint8Array(backend.wasm.HEAPU8.buffer, memoryOffset >>> 0, values.length);
  for (let at = 0; at < values.length; at++) truths[at] = Number(values[at] !== 0);
  return out;
}
