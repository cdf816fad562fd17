/** Stochastic depth: residual branches that a training step leaves out for some of its images. */
import * as tf from "@tensorflow/tfjs";
import type { Mode, Random } from "../../core/index.js";

/**
 * In training, the branch of every image is left out with probability `rate`, and the others grow so that the sum stays the
 * same on average. Otherwise the identity.
 *
 * @param random the model's stream, so that a run that is taken up again leaves out the same branches
 * @see "Deep Networks with Stochastic Depth", 2016
 */
export function dropPath(random: Random, rate: number) {
  return <T extends tf.Tensor>(branch: T, mode: Mode): T => {
    if (mode !== "train" || rate === 0) return branch;
    const [batch = 0] = branch.shape;
    const kept = Float32Array.from({ length: batch }, () => (random.next() < rate ? 0 : 1 / (1 - rate)));
    return branch.mul<T>(tf.tensor(kept, [batch, ...branch.shape.slice(1).fill(1)]));
  };
}

/** The rate of each of so many blocks: it grows evenly from 0 at the first to `most` at the last. */
export function dropPathRates(most: number, blocks: number): readonly number[] {
  return Array.from({ length: blocks }, (_, index) => (blocks === 1 ? 0 : (most * index) / (blocks - 1)));
}
