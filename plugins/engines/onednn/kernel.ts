/** What a native kernel is: when it can serve a call, and how. */
import type * as tf from "@tensorflow/tfjs";
import type { OnednnBackend } from "./backend.js";

/** One call of a kernel, as tfjs makes it. */
export interface Call {
  /** By name; kernels that take a list have it under 0, 1, 2… */
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: OnednnBackend;
}

export interface NativeKernel {
  /** Whether the call is one that native code serves; if not, tfjs' CPU kernel does. */
  accepts(call: Call, tensors: readonly tf.TensorInfo[]): boolean;
  run(call: Call): tf.TensorInfo | tf.TensorInfo[];
}

export type NamedKernel = readonly [name: string, kernel: NativeKernel];

/** A kernel for tensors that are all float32 and not empty, and for which `further` holds. */
export function floatKernel(
  name: string,
  run: (call: Call) => tf.TensorInfo | tf.TensorInfo[],
  further: (call: Call) => boolean = () => true,
): NamedKernel {
  return [name, { accepts: (call, tensors) => tensors.every(isFloat) && further(call), run }];
}

/** A kernel for non-empty tensors of any numeric type. */
export function numericKernel(
  name: string,
  run: (call: Call) => tf.TensorInfo | tf.TensorInfo[],
  further: (call: Call) => boolean = () => true,
): NamedKernel {
  return [name, { accepts: (call, tensors) => tensors.every(isNumeric) && further(call), run }];
}

export function isFloat(info: tf.TensorInfo): boolean {
  return info.dtype === "float32" && !info.shape.includes(0);
}

export function isNumeric(info: tf.TensorInfo): boolean {
  return (info.dtype === "float32" || info.dtype === "int32" || info.dtype === "bool") && !info.shape.includes(0);
}

/** The tensor of this name. */
export function input(call: Call, name: string | number): tf.TensorInfo {
  // tfjs checks the inputs of an operation before it runs the kernel.
  return call.inputs[name] as tf.TensorInfo;
}
