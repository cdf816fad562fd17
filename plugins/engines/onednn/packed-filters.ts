/** Filters in the layouts that prepared convolutions want. */
import type * as tf from "@tensorflow/tfjs";
import type { ConvHandle } from "./addon.js";
import type { OnednnBackend } from "./backend.js";

/**
 * The filter in a convolution's layout, or null if it is to be packed in passing: a filter in training is used once in each
 * direction and then replaced, so only the second use shows that keeping it pays.
 *
 * @param bytes what it takes in that layout
 */
export function packedFilter(
  backend: OnednnBackend,
  handle: ConvHandle,
  bytes: number,
  filter: tf.TensorInfo,
): Uint8Array | null {
  const entry = backend.data.get(filter.dataId);
  entry.packed ??= new Map();
  const known = entry.packed.get(handle);
  if (known === undefined) {
    entry.packed.set(handle, null);
    return null;
  }
  if (known !== null) return known;
  const packed = backend.take("bool", bytes);
  backend.addon.convPack(handle, backend.values(filter), packed);
  entry.packed.set(handle, packed);
  return packed;
}
