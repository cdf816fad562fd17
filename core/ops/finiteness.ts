/** Whether all of many tensors are numbers, told in few of them. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runListKernel, runStock } from "./kernels.js";

/** Values from which a tensor is summed by itself; below, calling a kernel costs more than copying them together. */
const large = 2 ** 17;

/**
 * Numbers that are finite when every value of every tensor is. Where the engine has no kernel for it they are sums, which can
 * overflow too: then one that is not finite is a suspicion. Without a gradient.
 *
 * @param tensors of any shapes
 * @returns `[1]` each; none for no tensors
 */
export function finiteness(tensors: readonly tf.Tensor[]): readonly tf.Tensor1D[] {
  if (tensors.length === 0) return [];
  // The table says what it returns.
  if (hasKernel("FgkdNotFinite")) return runListKernel("FgkdNotFinite", { values: tensors }, {}, {}) as tf.Tensor1D[];
  return tf.tidy(() => {
    const small = tensors.filter(({ size }) => size < large).map(flat);
    const parts = [...tensors.filter(({ size }) => size >= large), ...(small.length > 0 ? [tf.concat1d(small)] : [])];
    return parts.map((part) => part.sum().reshape<tf.Tensor1D>([1]));
  });
}

/** The kernel without the operation around it, which takes longer. */
function flat(tensor: tf.Tensor): tf.Tensor1D {
  const [reshaped] = tensor.rank === 1 ? [tensor] : runStock("Reshape", { x: tensor }, { shape: [tensor.size] });
  return reshaped as tf.Tensor1D;
}
