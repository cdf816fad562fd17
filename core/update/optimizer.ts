/** Optimisers: what a plugin registers (an update rule) and what every rule shares (groups, decay, slots). */
import * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../models/parameters.js";
import { assignHeld, hold, letGo } from "../passes/places.js";
import type { Choice, ParameterGroups, Schedules } from "../registries/entry.js";
import type { NamedArray } from "../values/named-array.js";
import { AtOnce } from "./at-once.js";
import type { Gradients } from "./gradients.js";
import type { WholeTreatment } from "./groups.js";
import type { Move, UpdateRule } from "./rule.js";

/** What every optimiser can be told. Its own options stand beside these in config. */
export interface OptimizerSettings {
  /** A registered name: `sgd`, `adam`, `adamw`. */
  readonly name: string;
  /** Of the trunk. Default 0.01. */
  readonly learningRate: number;
  /** How the learning rate moves: a registered name and its options. Default `{ name: "constant" }`. */
  readonly schedule: Choice<Schedules>;
  /** Default 0. */
  readonly weightDecay: number;
  /** Whether norms and biases (variables of rank 1 or 0) decay too; false is short for the group `no-decay`. Default true, as PyTorch does. */
  readonly decayNormsAndBiases: boolean;
  /**
   * Multiplies the learning rate of layers that were not loaded from pretrained weights: short for the group `new-layers`.
   * Default 1; 10 is usual.
   */
  readonly newLayersFactor: number;
  /** What stays as it is, and for how long: options of the group `freeze`, which this is short for. Default `null`: nothing. */
  readonly freeze: object | null;
  /** Which weights are treated otherwise: registered groups with their options, all of which apply. Default: none. */
  readonly groups: readonly Choice<ParameterGroups>[];
  /** Gradients are scaled down when their common norm exceeds this. Default `null`: never. */
  readonly clipNorm: number | null;
}

/** An update rule at work on one model; its slots are keyed by the parameter's public name. */
export interface Optimizer {
  /** Updates so far. */
  readonly count: number;
  /** Moves every weight that has a gradient. */
  apply(gradients: Gradients, learningRate: number): void;
  /** Notes what the next update will replace. Costs no time, and until it is let go the memory of what is replaced. */
  hold(): HeldUpdate;
  save(): Promise<{ readonly count: number; readonly slots: ReadonlyMap<string, NamedArray> }>;
  load(saved: { readonly count: number; readonly slots: ReadonlyMap<string, NamedArray> }): void;
  dispose(): void;
}

/** Weights and the optimiser's values from before an update. */
export interface HeldUpdate {
  /** Puts them back, and lets go. */
  undo(): void;
  letGo(): void;
}

let built = 0;

/** Beside the slots of a weight, in what is saved; no rule may call a slot that. */
const missedUpdates = "missed-updates";

/**
 * @param rule the update rule that `settings.name` chose
 * @param treatmentOf how a weight is trained beside the others. Default: all alike
 */
export function createOptimizer(
  rule: UpdateRule,
  settings: Pick<OptimizerSettings, "weightDecay">,
  parameters: Pick<Parameters, "trained">,
  treatmentOf: (name: string) => Partial<WholeTreatment> = () => ({}),
): Optimizer {
  const prefix = `fgkd-optimizer/${built++}`;
  const members = [...parameters.trained].map(([name, variable]) => ({
    name,
    variable,
    factor: treatmentOf(name).factor ?? 1,
    weightDecay: settings.weightDecay * (treatmentOf(name).weightDecay ?? 1),
    waits: (treatmentOf(name).frozenEpochs ?? 0) > 0,
    slots: Object.fromEntries(
      rule.slots.map((slot) => [slot, zeros(variable.shape, `${prefix}/${name}/${slot}`)]),
    ) as Readonly<Record<string, tf.Variable>>,
  }));
  const atOnce = new AtOnce(rule, members.length);
  let count = 0;
  /** Updates before the first of a weight that was frozen: it counts its own. */
  const missed = new Map<string, number>();
  const all = members.flatMap(({ variable, slots }) => [variable, ...Object.values(slots)]);
  return {
    get count() {
      return count;
    },
    apply: (gradients, learningRate) =>
      tf.tidy(() => {
        count += 1;
        const moves: Move[] = [];
        for (const { name, variable, factor, weightDecay, slots, waits } of members) {
          const gradient = gradients[name];
          if (!gradient) {
            if (waits) missed.set(name, (missed.get(name) ?? 0) + 1);
            continue;
          }
          const own = count - (missed.get(name) ?? 0);
          moves.push({ variable, gradient, slots, learningRate: learningRate * factor, weightDecay, count: own });
        }
        if (atOnce.move(moves)) return;
        // One scope for each: with one for all, temporaries of several times the model's size would pile up.
        for (const { variable, gradient, slots, ...update } of moves)
          tf.tidy(() => rule.update(variable, gradient, slots, update));
      }),
    hold: () => {
      const before = { count, missed: [...missed] };
      const held = hold(all);
      return {
        letGo: () => letGo(held),
        undo: () => {
          count = before.count;
          for (const name of missed.keys()) missed.delete(name);
          for (const [name, updates] of before.missed) missed.set(name, updates);
          for (const [at, variable] of all.entries()) assignHeld(variable, held[at] as tf.TensorInfo);
          letGo(held);
        },
      };
    },
    save: async () => {
      const reads = members.flatMap(({ name, slots }) =>
        Object.entries(slots).map(async ([slot, variable]): Promise<[string, NamedArray]> => {
          return [`${name}/${slot}`, { shape: variable.shape, data: Float32Array.from(await variable.data()) }];
        }),
      );
      const waited = [...missed].map(([name, updates]): [string, NamedArray] => {
        return [`${name}/${missedUpdates}`, { shape: [], data: Float32Array.of(updates) }];
      });
      return { count, slots: new Map([...(await Promise.all(reads)), ...waited]) };
    },
    load: (saved) => {
      count = saved.count;
      for (const member of members) {
        const waited = saved.slots.get(`${member.name}/${missedUpdates}`);
        if (waited) missed.set(member.name, Number(waited.data[0]));
        for (const [slot, variable] of Object.entries(member.slots)) {
          const array = saved.slots.get(`${member.name}/${slot}`);
          if (array)
            tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(array.data as Float32Array), variable.shape)));
        }
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
