/** Runs tfjs' CPU kernel on tensors of the wasm engine, for what wasm lacks: slow, but right. */
import * as tf from "@tensorflow/tfjs";
import { type KernelCall, sizeOf, type WasmBackend } from "./heap.js";

type Inputs = tf.NamedTensorInfoMap;
type AnyCall = KernelCall<Inputs | undefined, object | undefined>;

/** What the CPU backend has beyond tfjs' public `KernelBackend`. */
interface CpuBackend {
  write(values: tf.backend_util.BackendValues, shape: readonly number[], dtype: tf.DataType): object;
  readSync(dataId: object): tf.backend_util.BackendValues;
  disposeData(dataId: object, force?: boolean): boolean;
  firstUse: boolean;
}

/** Kernels whose results are complex numbers, which the wasm backend cannot store. */
const complexKernels = new Set(["Complex", "ComplexAbs", "FFT", "IFFT", "Imag", "Real"]);
/** Draws on a canvas; there is none under Node. */
const browserKernels = new Set(["Draw"]);

/** The names of all kernels that tfjs has for `cpu`, not for `wasm`, and that can run on copies of the data. */
export function kernelsToFallBack(): readonly string[] {
  return tf
    .getKernelsForBackend("cpu")
    .map(({ kernelName }) => kernelName)
    .filter((name) => tf.getKernel(name, "wasm") === undefined)
    .filter((name) => !complexKernels.has(name) && !browserKernels.has(name));
}

/** Copies the inputs to the CPU backend, runs its kernel `name`, copies the results back, and frees the copies. */
export function runOnCpu(name: string, call: KernelCall<object | undefined, object | undefined>) {
  // The caller's inputs are tensors by name; their exact type does not matter here.
  const { inputs = {}, attrs = {}, backend } = call as AnyCall;
  const kernel = tf.getKernel(name, "cpu");
  const cpu = cpuBackend();
  const owned: object[] = [];
  const toCpu = (tensor: tf.TensorInfo): tf.TensorInfo => {
    const dataId = cpu.write(backend.readSync(tensor.dataId), tensor.shape, tensor.dtype);
    owned.push(dataId);
    return { dataId, shape: tensor.shape, dtype: tensor.dtype };
  };
  try {
    const copies: Record<string, tf.TensorInfo | tf.TensorInfo[]> = {};
    for (const [key, value] of Object.entries(inputs)) {
      if (value != null) copies[key] = Array.isArray(value) ? value.map(toCpu) : toCpu(value as tf.TensorInfo);
    }
    // Some CPU kernels take a list, which then has numeric keys.
    const arranged = Array.isArray(inputs) ? Object.values(copies) : copies;
    const results = kernel.kernelFunc({
      inputs: arranged as unknown as tf.NamedTensorInfoMap,
      attrs: attrs as tf.NamedAttrMap,
      backend: cpu,
    });
    const list = Array.isArray(results) ? results : [results];
    for (const result of list) owned.push(result.dataId);
    const outputs = list.map((result) => toWasm(backend, result, cpu.readSync(result.dataId)));
    return Array.isArray(results) ? outputs : (outputs[0] as tf.TensorInfo);
  } finally {
    // A kernel may hand an input through; force frees each buffer once, whatever its count.
    for (const dataId of new Set(owned)) cpu.disposeData(dataId, true);
  }
}

function toWasm(backend: WasmBackend, { shape, dtype }: tf.TensorInfo, values: tf.backend_util.BackendValues) {
  if (sizeOf(shape) === 0) return backend.makeOutput(shape, dtype);
  return backend.makeOutput(shape, dtype, undefined, values);
}

function cpuBackend(): CpuBackend {
  // The class is not exported with its type; these members are what its kernels use.
  const cpu = tf.engine().findBackend("cpu") as unknown as CpuBackend;
  // Otherwise it advertises tfjs-node on first use.
  cpu.firstUse = false;
  return cpu;
}
