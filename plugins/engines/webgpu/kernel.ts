/** What a kernel of this engine is: when it can serve a call, and how. */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "./backend.js";

/** One call of a kernel, as tfjs makes it. */
export interface Call {
  /** By name; kernels that take a list have it under 0, 1, 2… */
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: GpuBackend;
}

export interface GpuKernel {
  /** Under which tfjs, or the table of fused kernels, knows it. */
  readonly name: string;
  /** Whether the call is one that it serves; if not, tfjs' own kernel does. */
  accepts(call: Call): boolean;
  run(call: Call): tf.TensorInfo | tf.TensorInfo[];
}

/** A kernel for tensors that are all float32 and not empty, and for which `further` holds. */
export function floatKernel(
  name: string,
  run: GpuKernel["run"],
  further: (call: Call) => boolean = () => true,
): GpuKernel {
  return { name, run, accepts: (call) => Object.values(call.inputs).every(isFloat) && further(call) };
}

/** The tensor of this name. */
export function input(call: Call, name: string | number): tf.TensorInfo {
  // tfjs checks the inputs of an operation before it runs the kernel.
  return call.inputs[name] as tf.TensorInfo;
}

function isFloat(info: tf.TensorInfo | undefined): boolean {
  return info == null || (info.dtype === "float32" && !info.shape.includes(0));
}
