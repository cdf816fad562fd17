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
  /** Whether it belongs to the model's classes, or to a stage's own helpers: what a new task begins anew. */
  readonly inHead: boolean;
}

/** How a weight is trained, beside what all share. What is absent changes nothing. */
export interface Treatment {
  /** Multiplies the learning rate. */
  readonly factor?: number;
  /** Multiplies the weight decay. */
  readonly weightDecay?: number;
  /** It gets no gradient and stays as it is: always, or for so many epochs. Running averages of batch norms still move. */
  readonly frozen?: boolean | number;
  /** Whether, where it is the weight of a batch norm, these averages stay as well while it does, and normalise in training. */
  readonly keepsStatistics?: boolean;
}

/** The sum of treatments. */
export interface WholeTreatment {
  readonly factor: number;
  readonly weightDecay: number;
  /** Epochs that it stays as it is: 0 for none, Infinity for all. */
  readonly frozenEpochs: number;
  /** Epochs that the statistics of its batch norm do. */
  readonly keptEpochs: number;
}

/** How a group treats a weight; `{}` where it is none of its own. */
export type ParameterGroup = (weight: TrainedWeight) => Treatment;

/** The treatment of every weight: factors are multiplied in the order of the groups, and the one that freezes longest counts. */
export function treat(groups: readonly ParameterGroup[], weight: TrainedWeight): WholeTreatment {
  return groups.reduce<WholeTreatment>(
    (sum, group) => {
      const { factor = 1, weightDecay = 1, frozen = false, keepsStatistics = false } = group(weight);
      const epochs = frozen === true ? Number.POSITIVE_INFINITY : Number(frozen);
      return {
        factor: sum.factor * factor,
        weightDecay: sum.weightDecay * weightDecay,
        frozenEpochs: Math.max(sum.frozenEpochs, epochs),
        keptEpochs: Math.max(sum.keptEpochs, keepsStatistics ? epochs : 0),
      };
    },
    { factor: 1, weightDecay: 1, frozenEpochs: 0, keptEpochs: 0 },
  );
}

/** A line of `optimizer.groups`. */
interface GroupLine {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What settings stand for that are short for a group, in the order in which they are applied. */
export function shorthandGroups(settings: {
  readonly decayNormsAndBiases: boolean;
  readonly newLayersFactor: number;
  readonly freeze: object | null;
}): readonly GroupLine[] {
  const { decayNormsAndBiases, newLayersFactor, freeze } = settings;
  return [
    ...(freeze === null ? [] : [{ ...freeze, name: "freeze" }]),
    ...(newLayersFactor === 1 ? [] : [{ name: "new-layers", factor: newLayersFactor }]),
    ...(decayNormsAndBiases ? [] : [{ name: "no-decay" }]),
  ];
}
