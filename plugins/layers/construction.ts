/** Where layers declare their weights, and what they are: functions of a map. */
import * as tf from "@tensorflow/tfjs";
import { type Mode, type NormInput, type Outputs, Parameters, type Random, type Want } from "../../core/index.js";

/** Where a network under construction declares its weights, and what it draws them from. */
export interface Construction {
  readonly parameters: Parameters;
  readonly random: Random;
  /** Where batch norms put what they are given, during a pass whose caller wants it. */
  normInputs?: NormInput[] | undefined;
  /** Where transformer blocks put their attention, during a pass whose caller wants it. */
  attention?: tf.Tensor4D[] | undefined;
}

/** A network without layers yet. */
export function construct(random: Random): Construction {
  return { parameters: new Parameters(), random };
}

/** Runs a forward pass, and adds to the outputs what is wanted of its layers: inputs of batch norms, attention. */
export function watched(at: Construction, want: Want | undefined, forward: () => Outputs): Outputs {
  const seen = { ...(want?.normInputs && { normInputs: [] }), ...(want?.attention && { attention: [] }) };
  if (Object.keys(seen).length === 0) return forward();
  Object.assign(at, seen);
  try {
    return { ...forward(), ...seen };
  } finally {
    at.normInputs = undefined;
    at.attention = undefined;
  }
}

/** `tf.tidy`, unless somebody watches layers, whose inputs or maps are among what it would free. */
export function tidied<Output extends tf.Tensor>(at: Construction, compute: () => Output): Output {
  return at.normInputs || at.attention ? compute() : tf.tidy(compute);
}

/** `[batch, height, width, channels]` to the same, with other sides and channels. */
export type Layer = (x: tf.Tensor4D, mode: Mode) => tf.Tensor4D;
