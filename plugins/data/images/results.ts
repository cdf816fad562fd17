/** What the threads send back, for the main thread to go on with. */
import * as tf from "@tensorflow/tfjs";
import { badImage, notComposed } from "../../../core/index.js";
import type { BatchResult } from "./tasks.js";

/** Bytes are whole numbers, for the device to normalise. */
export function tensorOf(images: BatchResult["images"], shape: [number, number, number, number]): tf.Tensor4D {
  return images instanceof Uint8Array ? tf.tensor4d(images, shape, "int32") : tf.tensor4d(images, shape);
}

export function failed({ path, problem, transform }: NonNullable<BatchResult["failure"]>): Error {
  return transform ? notComposed(transform, path, problem) : badImage(path, problem);
}
