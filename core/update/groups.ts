/** Parameter groups: which weights learn faster, decay, or stay as they are. What entries of `groups` make, and their sum. */
import type * as tf from "@tensorflow/tfjs";

/** A weight that a stage may train, as groups see it. */
export interface TrainedWeight {
  /** Its public name; of a stage's own helpers it begins with `helpers/`. */
  readonly name: string;
  readonly variable: tf.Variable;
  /** 0 where images come in; as the model says. Absent where it does not. */
  readonly depth?: number;
  /** Of the model's deepest weight. Absent where the model says no depths. */
  readonly deepest?: number;
  /** Whether no file of weights filled it. */
  readonly isNew: boolean;
}

/** How a weight is trained, beside what all share. What is absent changes nothing. */
export interface Treatment {
  /** Multiplies the learning rate. */
  readonly factor?: number;
  /** Multiplies the weight decay. */
  readonly weightDecay?: number;
  /** It gets no gradient and stays as it is; running averages of batch norms still move. */
  readonly frozen?: boolean;
}

/** How a group treats a weight; `{}` where it is none of its own. */
export type ParameterGroup = (weight: TrainedWeight) => Treatment;

/** The treatment of every weight: factors are multiplied in the order of the groups, and one that freezes is enough. */
export function treat(groups: readonly ParameterGroup[], weight: TrainedWeight): Required<Treatment> {
  return groups.reduce<Required<Treatment>>(
    (sum, group) => {
      const { factor = 1, weightDecay = 1, frozen = false } = group(weight);
      return {
        factor: sum.factor * factor,
        weightDecay: sum.weightDecay * weightDecay,
        frozen: sum.frozen || frozen,
      };
    },
    { factor: 1, weightDecay: 1, frozen: false },
  );
}

/** A line of `optimizer.groups`. */
interface GroupLine {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What the two settings stand for that are older than groups, in the order in which they were applied. */
export function shorthandGroups(settings: {
  readonly decayNormsAndBiases: boolean;
  readonly newLayersFactor: number;
}): readonly GroupLine[] {
  const { decayNormsAndBiases, newLayersFactor } = settings;
  return [
    ...(newLayersFactor === 1 ? [] : [{ name: "new-layers", factor: newLayersFactor }]),
    ...(decayNormsAndBiases ? [] : [{ name: "no-decay" }]),
  ];
}
