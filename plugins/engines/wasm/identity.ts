/** `Identity`: tfjs' own copies, so that every tensor saved for a gradient would take its memory twice. */
import type * as tf from "@tensorflow/tfjs";
import type { KernelCall } from "./heap.js";

export function identity({ inputs, backend }: KernelCall<tf.IdentityInputs, object>): tf.TensorInfo {
  const { dataId, shape, dtype } = inputs.x as tf.TensorInfo;
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
