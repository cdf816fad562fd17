/** The activations of tfjs' fused kernels, run on a result that nobody else holds. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import type { Call } from "../kernel.js";

const unary: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
};

export function isActivation(name: unknown): boolean {
  return name == null || name === "linear" || (typeof name === "string" && name in unary);
}

/** Applies the activation in place. */
export function activate(addon: Addon, { attrs, backend }: Call, y: tf.TensorInfo, activation: unknown): tf.TensorInfo {
  const op = addon.unaryOps[unary[activation as string] ?? ""];
  if (op === undefined) return y;
  const values = backend.isBlocked(y) ? backend.blocked(y) : backend.stored(y);
  addon.unary(op, values, values, Number(attrs.leakyreluAlpha ?? 0.2), 0);
  return y;
}
