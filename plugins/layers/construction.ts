/** Where layers declare their weights, and what they are: functions of a map. */
import * as tf from "@tensorflow/tfjs";
import { type Mode, type NormInput, type Outputs, Parameters, type Random, type Want } from "../../core/index.js";

/** Where a network under construction declares its weights, and what it draws them from. */
export interface Construction {
  readonly parameters: Parameters;
  readonly random: Random;
  /** Where batch norms put what they are given, during a pass whose caller wants it. */
  normInputs?: NormInput[] | undefined;
}

/** A network without layers yet. */
export function construct(random: Random): Construction {
  return { parameters: new Parameters(), random };
}

/** Runs a forward pass, and adds the inputs of its batch norms to the outputs if they are wanted. */
export function watched(at: Construction, want: Want | undefined, forward: () => Outputs): Outputs {
  if (!want?.normInputs) return forward();
  const normInputs: NormInput[] = [];
  at.normInputs = normInputs;
  try {
    return { ...forward(), normInputs };
  } finally {
    at.normInputs = undefined;
  }
}

/** `tf.tidy`, unless somebody watches the batch norms, whose inputs are among what it would free. */
export function tidied(at: Construction, compute: () => tf.Tensor4D): tf.Tensor4D {
  return at.normInputs ? compute() : tf.tidy(compute);
}

/** `[batch, height, width, channels]` to the same, with other sides and channels. */
export type Layer = (x: tf.Tensor4D, mode: Mode) => tf.Tensor4D;
