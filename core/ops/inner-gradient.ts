/** The gradient of a network's answer by what it has computed on the way. */
import * as tf from "@tensorflow/tfjs";

/** A tensor on the way, and the gradient of the answer by it, of the same shape. */
export interface InnerGradient<Inner extends tf.Tensor> {
  readonly inner: Inner;
  readonly gradient: Inner;
}

/**
 * `tf.grads` differentiates by what goes into a function; this by what comes about inside.
 *
 * @param compute gives a scalar, and a tensor which that was computed from: the very object, no copy of it
 * @returns both belong to the caller; `undefined` where the tensor is not on the way to the scalar
 */
export function innerGradient<Inner extends tf.Tensor>(
  compute: () => { readonly value: tf.Scalar; readonly inner: Inner },
): InnerGradient<Inner> | undefined {
  return tf.tidy(() => {
    // The engine asks for this list only when the function has run: it may name tensors that did not exist before.
    const by: tf.Tensor[] = [tf.scalar(0)];
    let kept: tf.Tensor | undefined;
    const { grads } = tf.engine().gradients(
      () => {
        const { value, inner } = compute();
        by[0] = inner;
        // The tensor itself may be somebody else's, such as the images.
        kept = tf.keep(inner.clone());
        return value;
      },
      by,
      undefined,
      true,
    );
    const inner = kept?.clone() as Inner;
    kept?.dispose();
    const gradient = grads[0] as Inner | undefined;
    return gradient && { inner, gradient };
  });
}
