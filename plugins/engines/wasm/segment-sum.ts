/** `UnsortedSegmentSum`, the gradient of `gather`: missing in tfjs' wasm backend. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import { addressOf, floatsOf, type KernelCall, sizeOf } from "./heap.js";

/** Adds up the slices of `x` that carry the same segment id; ids outside `[0, numSegments)` are dropped. */
export function unsortedSegmentSum(
  call: KernelCall<tf.UnsortedSegmentSumInputs, tf.UnsortedSegmentSumAttrs>,
): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  const segmentIds = inputs.segmentIds as tf.TensorInfo;
  const { numSegments } = attrs;
  if (x.dtype !== "float32" || segmentIds.dtype !== "int32" || segmentIds.shape.length !== 1) {
    return runOnCpu(tf.UnsortedSegmentSum, call);
  }
  const rest = x.shape.slice(1);
  const sums = backend.makeOutput([numSegments, ...rest], "float32");
  const width = sizeOf(rest);
  const target = floatsOf(backend, sums).fill(0);
  const source = floatsOf(backend, x);
  const count = sizeOf(segmentIds.shape);
  const ids = new Int32Array(backend.wasm.HEAPU8.buffer, addressOf(backend, segmentIds), count);
  for (let slice = 0; slice < count; slice++) {
    const id = ids[slice] as number;
    if (id < 0 || id >= numSegments) continue;
    for (let at = 0; at < width; at++) {
      target[id * width + at] = (target[id * width + at] as number) + (source[slice * width + at] as number);
    }
  }
  return sums;
}
