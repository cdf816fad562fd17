/** What a gradient is being taken by: passes of networks ask, so that they note no more than is needed. */
import type * as tf from "@tensorflow/tfjs";

let variables: readonly tf.Variable[] = [];

/** Takes a gradient by these variables; at its end `releaseEarly` is called. */
export function differentiatedBy<T>(by: readonly tf.Variable[], work: () => T): T {
  const outer = variables;
  variables = by;
  try {
    return work();
  } finally {
    variables = outer;
  }
}

/** By whom the gradient of now is taken; nobody where none is, or where its taker does not say. */
export function differentiated(): readonly tf.Variable[] {
  return variables;
}
