/** How the operations of this folder find the fused kernels that an engine may have. */
import * as tf from "@tensorflow/tfjs";
import type { FusedKernel, KernelAttributes, KernelBesides, KernelInputs, ListKernel } from "./kernel-table.js";

let composing = false;

/** Whether the active engine has this fused kernel, and it may be asked for. */
export function hasKernel(name: FusedKernel): boolean {
  return !composing && tf.getKernel(name, tf.getBackend()) != null;
}

/**
 * Does the work as on an engine without fused kernels, and nothing of it in parts for the sake of memory: whoever looks on sees
 * kernels that tfjs defines, as many for a large batch as for a small one.
 */
export function composed<T>(work: () => T): T {
  composing = true;
  try {
    return work();
  } finally {
    composing = false;
  }
}

/** Whether `composed` work is being done. */
export function isComposing(): boolean {
  return composing;
}

/** Whether what is computed now is recorded for a gradient. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Runs a fused kernel of the active engine; what it returns, in the table's order, is not differentiated. */
export function runKernel<N extends Exclude<FusedKernel, ListKernel>>(
  name: N,
  inputs: KernelInputs<N, tf.Tensor>,
  attributes: KernelAttributes<N>,
): tf.Tensor[] {
  return runStock(name, inputs, attributes);
}

/** The same for a kernel of lists of one length, in the table's order. @returns the outputs of the first, then those of the second … */
export function runListKernel<N extends ListKernel>(
  name: N,
  lists: KernelInputs<N, readonly tf.Tensor[]>,
  attributes: KernelAttributes<N>,
  besides: KernelBesides<N, tf.Tensor>,
): tf.Tensor[] {
  const named: readonly (readonly tf.Tensor[])[] = Object.values(lists);
  const inputs = (named[0] ?? []).flatMap((_, at) => named.map((list) => list[at]));
  return runStock(name, { ...inputs, ...besides }, attributes);
}

/** Runs a kernel that every backend of tfjs has, without the operation around it. */
export function runStock(name: string, inputs: object, attributes: object): tf.Tensor[] {
  // tfjs types both as open records of tensors and of numbers, texts and lists; those of a kernel have its own names.
  const outputs = tf
    .engine()
    .runKernel<tf.Tensor | tf.Tensor[]>(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * What `tf.customGrad` hands its function after the inputs: keeps tensors for the gradient, or does nothing where no
 * gradient is wanted.
 */
export type Save = (tensors: tf.Tensor[]) => void;

/**
 * `tf.customGrad`, typed: a function of tensors with a gradient of its own. Nothing that `forward` does inside is
 * recorded, and only what it saves is held until the gradient is taken. Temporaries of the gradient are freed with it.
 */
export function withGradient<Output extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: (save: Save) => {
    readonly value: Output;
    /** One gradient for each input, in order. */
    readonly gradient: (dy: Output, saved: tf.Tensor[]) => tf.Tensor[];
  },
): Output {
  // tfjs types the trailing save function as one more tensor; it is always the last argument.
  const custom = tf.customGrad<Output>((...parts) => {
    const { value, gradient } = forward(parts[parts.length - 1] as unknown as Save);
    // tfjs takes such a gradient outside of any tidy: what it computes on the way would stay to the end of the backward pass.
    return { value, gradFunc: (dy: Output, saved: tf.Tensor[]) => tf.tidy(() => gradient(dy, saved)) };
  });
  return custom(...inputs);
}
