/** Element-wise kernels that tfjs' wasm backend gets wrong: they hide or spread NaN, or keep other truths than 0 and 1. */
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

/**
 * `Maximum` or `Minimum`: tfjs' own compares, and so loses a NaN of the second operand. Where that has one, both orders are
 * taken; otherwise nothing is added to tfjs' kernel but a look at the second operand.
 */
export function extremumWith(stock: Kernel) {
  return (call: KernelCall<tf.BinaryInputs, object>): Results => {
    const { backend } = call;
    const [a, b] = [call.inputs.a as tf.TensorInfo, call.inputs.b as tf.TensorInfo];
    const result = run(stock, call, { a, b });
    if (result.dtype !== "float32" || !hasNaN(backend, b)) return result;
    const turned = run(stock, call, { a: b, b: a });
    const [values, others] = [floatsOf(backend, result), floatsOf(backend, turned)];
    for (let at = 0; at < values.length; at++) if (Number.isNaN(others[at])) values[at] = Number.NaN;
    backend.disposeData(turned.dataId);
    return result;
  };
}

/** tfjs' own multiplies every value by its slope, also those that have none, so that a slope of NaN or ∞ spoils them. */
export function preluWith(stock: Kernel) {
  return (call: KernelCall<tf.PreluInputs, object>): Results => {
    const slopes = call.inputs.alpha as tf.TensorInfo;
    const areFinite = slopes.dtype !== "float32" || floatsOf(call.backend, slopes).every(Number.isFinite);
    return areFinite ? stock(call as never) : runOnCpu(tf.Prelu, call);
  };
}

function run(stock: Kernel, call: object, inputs: tf.NamedTensorInfoMap): tf.TensorInfo {
  return stock({ ...call, inputs } as never) as tf.TensorInfo;
}

function hasNaN(backend: WasmBackend, x: tf.TensorInfo): boolean {
  const values = floatsOf(backend, x);
  for (let at = 0; at < values.length; at++) if (Number.isNaN(values[at])) return true;
  return false;
}
