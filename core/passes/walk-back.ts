/** Gradients through operations that were noted apart from tfjs' own tape: as tfjs takes them, with the same sums in the same order. */
import * as tf from "@tensorflow/tfjs";
import { newestTensor, Watch } from "./release-early.js";
import type { TapeNode } from "./tape.js";

/**
 * @param nodes that gradients pass, in the order in which they ran
 * @param reached tensors that depend on what is differentiated by, by id
 * @param given the gradients to begin with, by tensor's id; the caller's
 * @returns by tensor's id, the caller's to free; what comes in between is freed on the way
 */
export function walkBack(
  nodes: Iterable<TapeNode>,
  reached: ReadonlySet<number>,
  given: ReadonlyMap<number, tf.Tensor>,
): ReadonlyMap<number, tf.Tensor> {
  const gradients = new Map(given);
  const watch = new Watch(newestTensor(), given.keys());
  for (const node of [...nodes].reverse()) {
    const { gradient, inputs, outputs, kernelName } = node;
    const dys = outputs.map(({ id }) => gradients.get(id) ?? null);
    if (dys.every((dy) => dy === null)) continue;
    if (!gradient) throw new Error(`Cannot compute gradient: gradient function not found for ${kernelName}.`);
    const slopes = watch.over(node, gradient)(dys);
    for (const [name, x] of Object.entries(inputs)) {
      const slope = slopes[name];
      if (!reached.has(x.id) || !slope) continue;
      const dx = tf.tidy(slope);
      const before = gradients.get(x.id);
      gradients.set(x.id, before ? tf.add(before, dx) : dx);
      if (before && before !== given.get(x.id)) before.dispose();
    }
  }
  return gradients;
}
