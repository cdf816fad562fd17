/** How the operations of this folder find the fused kernels that an engine may have. */
import * as tf from "@tensorflow/tfjs";

/** Whether the active engine has a kernel of this name. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

/** Whether what is computed now is recorded for a gradient. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Runs a kernel of the active engine; what it returns is not differentiated. */
export function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap = {}): tf.Tensor[] {
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * What `tf.customGrad` hands its function after the inputs: keeps tensors for the gradient, or does nothing where no
 * gradient is wanted.
 */
export type Save = (tensors: tf.Tensor[]) => void;

/**
 * `tf.customGrad`, typed: a function of tensors with a gradient of its own. Nothing that `forward` does inside is
 * recorded, and only what it saves is held until the gradient is taken.
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
    return { value, gradFunc: gradient };
  });
  return custom(...inputs);
}
