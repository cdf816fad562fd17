/** What the threads send back, for the main thread to go on with. */
import * as tf from "@tensorflow/tfjs";
import { badImage, notComposed } from "../../../core/index.js";
import type { BatchResult } from "./tasks.js";

/** Engines that copy values of shared memory where a tensor is made of them. Others keep what they are given. */
const copying: ReadonlySet<string> = new Set(["onednn", "wasm"]);

/** Engines that take bytes as they are for whole numbers of 32 bits, and have copied them when they return. */
const takingBytes: ReadonlySet<string> = new Set(["webgpu"]);

/**
 * The images as a tensor of its own memory: `values` may be written again at once.
 *
 * @param values normalised, or plain pixels, which become whole numbers for the device to normalise; in shared memory
 */
export function imagesOf(values: Float32Array | Uint8Array, shape: [number, number, number, number]): tf.Tensor4D {
  if (values instanceof Uint8Array) return ofBytes(values, shape);
  return tf.tensor4d(copying.has(tf.getBackend()) ? values : values.slice(), shape);
}

function ofBytes(values: Uint8Array, shape: [number, number, number, number]): tf.Tensor4D {
  if (takingBytes.has(tf.getBackend())) return tf.engine().makeTensor(values, shape, "int32") as tf.Tensor4D;
  // tfjs makes 32-bit numbers of bytes, which is a copy.
  return tf.tensor4d(values, shape, "int32");
}

export function failed({ path, problem, transform }: NonNullable<BatchResult["failure"]>): Error {
  return transform ? notComposed(transform, path, problem) : badImage(path, problem);
}
