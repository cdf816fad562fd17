/** A model's outputs taken apart: their tensors, each once, and the rest. */
import * as tf from "@tensorflow/tfjs";
import type { Outputs } from "../values/records.js";

/** Outputs with a number in the place of each tensor. Plain data. */
export interface OutputsShape {
  readonly shape: unknown;
}

const mark = "fgkd-tensor";

export function takeApart(outputs: Outputs): { readonly tensors: readonly tf.Tensor[]; readonly rest: OutputsShape } {
  const tensors: tf.Tensor[] = [];
  const visit = (value: unknown): unknown => {
    if (value instanceof tf.Tensor) {
      if (!tensors.includes(value)) tensors.push(value);
      return { [mark]: tensors.indexOf(value) };
    }
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one)]));
  };
  return { rest: { shape: visit(outputs) }, tensors };
}

export function putTogether({ shape }: OutputsShape, tensors: readonly tf.Tensor[]): Outputs {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    const at = (value as Readonly<Record<string, unknown>>)[mark];
    if (typeof at === "number") return tensors[at];
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one)]));
  };
  // What was taken apart, with other values.
  return visit(shape) as Outputs;
}
