/** Values that the gradient takes for constants. */
import type * as tf from "@tensorflow/tfjs";
import { withGradient } from "./kernels.js";

/**
 * Computes a tensor that is a constant to the gradient, although it depends on what is differentiated.
 *
 * Nothing inside is recorded, so it also costs no memory until the step ends. Temporaries are freed.
 *
 * @example const scale = stopGradient(() => crossEntropy.div(penalty).asScalar());
 */
export function stopGradient<T extends tf.Tensor>(compute: () => T): T {
  // A clone: `compute` may hand back a tensor that it did not make.
  return withGradient<T>([], () => ({ value: compute().clone(), gradient: () => [] }));
}
