/** Layers that a loss trains beside the student. */
import * as tf from "@tensorflow/tfjs";
import type { Model, Random, Training } from "../../core/index.js";

/** Uniform within ±1/√fanIn: how PyTorch starts convolutions and linear layers. */
export function uniform(random: Random, fanIn: number) {
  return (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => (2 * random.next() - 1) / Math.sqrt(fanIn));
}

/** A 1×1 convolution without bias: `[1, 1, from, to]`. */
export function pointwise(helpers: Training["helpers"], random: Random, name: string, from: number, to: number) {
  // Declared with four sides.
  return helpers.weight(name, [1, 1, from, to], "convolution", uniform(random, from)) as tf.Tensor as tf.Tensor4D;
}

/** Shapes of the maps at the end of each stage of a model, and of its last map, for images of this side. */
export function mapShapes(
  model: Model,
  side: number,
): { readonly stages: readonly number[][]; readonly last: number[] } {
  const shapes = { stages: [] as number[][], last: [] as number[] };
  tf.tidy(() => {
    const { stages = [], features } = model.forward({ images: tf.zeros([1, side, side, 3]) }, "eval", { stages: true });
    shapes.stages = stages.map(({ shape }) => shape);
    shapes.last = features?.shape ?? [];
  });
  return shapes;
}
