/** What a model answers, what onnxruntime answers for the file of its graph, and how far the two are apart. */
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-web";
import type { Graph } from "../../../core/graph/graph.js";
import { createRandom, type Model } from "../../../core/index.js";
import { type OnnxOptions, writeOnnx } from "../../../core/onnx/write-onnx.js";

export const about: OnnxOptions = {
  name: "net",
  producer: { name: "fgkd", version: "1" },
  metadata: { made: "of birds" },
};

/** Pixels in [0, 1]. */
export function pictures(count: number, side = 32): tf.Tensor4D {
  const values = createRandom(3).normals(count * side * side * 3);
  return tf.tensor4d(
    Float32Array.from(values, (value) => Math.min(1, Math.max(0, 0.5 + 0.25 * value))),
    [count, side, side, 3],
  );
}

export function fileOf(graph: Graph): Uint8Array {
  return Buffer.concat(writeOnnx("net", graph, about).pieces);
}

/** The outputs of the file, by name. */
export async function runOnnx(file: Uint8Array, images: tf.Tensor4D): Promise<Readonly<Record<string, ort.Tensor>>> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(file);
  const [count, height, width, channels] = images.shape;
  const data = await tf.tidy(() => images.transpose([0, 3, 1, 2])).data();
  const given = new ort.Tensor("float32", Float32Array.from(data), [count, channels, height, width]);
  const outputs = await session.run({ images: given });
  await session.release();
  return outputs;
}

/** The model's own logits. */
export async function logitsOf(model: Model, images: tf.Tensor4D): Promise<Float32Array> {
  const normalisation = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
  const logits = tf.tidy(() => model.forward({ images, normalisation }, "eval").logits as tf.Tensor2D);
  const values = Float32Array.from(await logits.data());
  logits.dispose();
  return values;
}

/** The largest difference, over the largest value. */
export function difference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  let [apart, scale] = [0, 0];
  for (let index = 0; index < one.length; index++) {
    // Not a number counts as infinitely far.
    const distance = Math.abs((one[index] as number) - (other[index] as number));
    apart = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(apart, distance);
    scale = Math.max(scale, Math.abs(one[index] as number));
  }
  return apart / scale;
}
