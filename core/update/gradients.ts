/** Between gradients and weights: what taps of `hooks.gradients` hand on, and the two of the core's own. */
import * as tf from "@tensorflow/tfjs";
import type { NamedArray } from "../values/named-array.js";
import type { Stateful } from "../values/state.js";

/**
 * Gradients by the weight's public name. A tap owns what it is given: `replace` frees what it displaces, `release` what it
 * keeps back.
 */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/** What a tap returns to say "not yet": no weight moves at this step. Free the gradients that it was given, or keep them. */
export const notYet: Gradients = Object.freeze({});

/** Whether there is anything to apply. */
export function isReady(gradients: Gradients): boolean {
  return Object.keys(gradients).length > 0;
}

/**
 * All gradients times the factor that brings their common norm down to `norm`, at most 1: `min(1, norm / (‖g‖ + 1e-6))`, as
 * PyTorch's `clip_grad_norm_`. Frees what it is given.
 */
export function clipByNorm(gradients: Gradients, norm: number): Gradients {
  if (!isReady(gradients)) return gradients;
  const scale = tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => gradient.square().sum());
    return tf.minimum(1, tf.div(norm, tf.addN(squares).sqrt().add(1e-6))).asScalar();
  });
  // One after the other: never twice the size of the model.
  const clipped = Object.entries(gradients).map(([name, gradient]) => {
    const scaled = gradient.mul(scale);
    gradient.dispose();
    return [name, scaled] as const;
  });
  scale.dispose();
  return Object.fromEntries(clipped);
}

/** Sums of gradients over several steps; in checkpoints, so that a run may stop between them. */
export interface Accumulator extends Stateful {
  /**
   * @param isLast whether an epoch ends: what there is counts then, by its true number
   * @returns the mean over `steps` steps, or `notYet`
   */
  add(gradients: Gradients, isLast: boolean): Gradients;
}

let made = 0;

/** The mean of the gradients of `steps` steps: where every batch is as large, that of one large batch. */
export function createAccumulator(steps: number): Accumulator {
  const prefix = `fgkd-accumulated/${made++}`;
  let sums = new Map<string, tf.Variable>();
  let taken = 0;
  const keep = (name: string, value: tf.Tensor) => {
    const sum = sums.get(name);
    if (sum) tf.tidy(() => sum.assign(sum.add(value)));
    // A variable of the same values: nothing is copied.
    else sums.set(name, tf.variable(value, false, `${prefix}/${name}`));
  };
  const dispose = () => {
    for (const sum of sums.values()) sum.dispose();
    sums = new Map();
    taken = 0;
  };
  return {
    add: (gradients, isLast) => {
      if (!isReady(gradients)) return gradients;
      const isDue = isLast || taken + 1 >= steps;
      if (isDue && taken === 0) return gradients;
      taken += 1;
      for (const [name, gradient] of Object.entries(gradients)) {
        keep(name, gradient);
        gradient.dispose();
      }
      if (!isDue) return notYet;
      // In the order of the gradients, whatever order a checkpoint had: sums over all of them depend on it.
      const names = [...new Set([...Object.keys(gradients), ...sums.keys()])];
      const means = Object.fromEntries(names.map((name) => [name, (sums.get(name) as tf.Variable).mul(1 / taken)]));
      dispose();
      return means;
    },
    save: async () => {
      const read = [...sums].map(async ([name, sum]): Promise<[string, NamedArray]> => {
        return [name, { shape: sum.shape, data: Float32Array.from(await sum.data()) }];
      });
      return { values: taken, tensors: new Map(await Promise.all(read)) };
    },
    load: ({ values, tensors }) => {
      dispose();
      taken = Number(values ?? 0);
      for (const [name, { shape, data }] of tensors ?? [])
        tf.tidy(() => keep(name, tf.tensor(Float32Array.from(data as Float32Array), [...shape])));
    },
    dispose,
  };
}
