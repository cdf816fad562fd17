/** Optimisers: what a plugin registers (an update rule) and what every rule shares (groups, decay, clipping, slots). */
import * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../models/parameters.js";
import type { NamedArray } from "../values/named-array.js";
import type { LearningRateSchedule } from "./learning-rate.js";

/** One variable's update, beside the shared settings. */
export interface Update {
  readonly learningRate: number;
  /** Already 0 for a variable that is exempt. */
  readonly weightDecay: number;
  /** Updates of this optimiser so far, this one included: 1 at the first. */
  readonly count: number;
}

/** How one variable moves: SGD, Adam, … Runs inside a tidy. */
export interface UpdateRule {
  /** Names of the values kept for each variable, all starting at 0: `momentum`, … */
  readonly slots: readonly string[];
  update(
    variable: tf.Variable,
    gradient: tf.Tensor,
    slots: Readonly<Record<string, tf.Variable>>,
    update: Update,
  ): void;
}

/** What every optimiser can be told. Its own options stand beside these in config. */
export interface OptimizerSettings {
  /** A registered name: `sgd`, `adam`, `adamw`. */
  readonly name: string;
  /** Of the trunk. Default 0.01. */
  readonly learningRate: number;
  /** How the learning rate moves. Default `{ name: "constant" }`. */
  readonly schedule: LearningRateSchedule;
  /** Default 0. */
  readonly weightDecay: number;
  /** Whether norms and biases (variables of rank 1 or 0) decay too. Default true, as PyTorch does. */
  readonly decayNormsAndBiases: boolean;
  /** Multiplies the learning rate of layers that were not loaded from pretrained weights. Default 1; 10 is usual. */
  readonly newLayersFactor: number;
  /** Gradients are scaled down when their common norm exceeds this. Default `null`: never. */
  readonly clipNorm: number | null;
}

/** An update rule at work on one model; its slots are keyed by the parameter's public name. */
export interface Optimizer {
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
  save(): Promise<{ readonly count: number; readonly slots: ReadonlyMap<string, NamedArray> }>;
  load(saved: { readonly count: number; readonly slots: ReadonlyMap<string, NamedArray> }): void;
  dispose(): void;
}

let built = 0;

/**
 * @param rule the update rule that `settings.name` chose
 * @param isNew whether a parameter belongs to the new layers
 */
export function createOptimizer(
  rule: UpdateRule,
  settings: Omit<OptimizerSettings, "name">,
  parameters: Pick<Parameters, "trained">,
  isNew: (parameter: string) => boolean,
): Optimizer {
  const prefix = `fgkd-optimizer/${built++}`;
  const members = [...parameters.trained].map(([name, variable]) => ({
    name,
    variable,
    factor: isNew(name) ? settings.newLayersFactor : 1,
    weightDecay: settings.decayNormsAndBiases || variable.rank > 1 ? settings.weightDecay : 0,
    slots: Object.fromEntries(
      rule.slots.map((slot) => [slot, zeros(variable.shape, `${prefix}/${name}/${slot}`)]),
    ) as Readonly<Record<string, tf.Variable>>,
  }));
  let count = 0;
  return {
    apply: (gradients, learningRate) =>
      tf.tidy(() => {
        count += 1;
        const scale = settings.clipNorm === null ? null : clipScale(Object.values(gradients), settings.clipNorm);
        for (const { name, variable, factor, weightDecay, slots } of members) {
          const gradient = gradients[name];
          if (!gradient) continue;
          const update = { learningRate: learningRate * factor, weightDecay, count };
          // One scope for each: with one for all, temporaries of several times the model's size would pile up.
          tf.tidy(() => rule.update(variable, scale ? gradient.mul(scale) : gradient, slots, update));
        }
      }),
    save: async () => {
      const slots = new Map<string, NamedArray>();
      for (const member of members)
        for (const [slot, variable] of Object.entries(member.slots))
          slots.set(`${member.name}/${slot}`, {
            shape: variable.shape,
            data: Float32Array.from(await variable.data()),
          });
      return { count, slots };
    },
    load: (saved) => {
      count = saved.count;
      for (const member of members)
        for (const [slot, variable] of Object.entries(member.slots)) {
          const array = saved.slots.get(`${member.name}/${slot}`);
          if (array)
            tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(array.data as Float32Array), variable.shape)));
        }
    },
    dispose: () => {
      for (const { slots } of members) for (const variable of Object.values(slots)) variable.dispose();
    },
  };
}

function zeros(shape: number[], name: string): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape), false, name));
}

/** The factor that brings the common norm of all gradients down to `norm`, at most 1. */
function clipScale(gradients: readonly tf.Tensor[], norm: number): tf.Scalar {
  const squares = gradients.map((gradient) => gradient.square().sum());
  const total = tf.addN(squares).sqrt();
  return tf.minimum(1, tf.div(norm, total.add(1e-6))).asScalar();
}
