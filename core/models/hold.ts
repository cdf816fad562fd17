/** A value that outlives the variable's next assignment. */
import * as tf from "@tensorflow/tfjs";

let held = 0;

/**
 * What a tensor holds now, whatever is assigned to it later, or when it is freed. The memory is shared, not copied. It is a
 * variable itself, so that counting the tensors of a step does not take it for one that was left behind; the caller frees it.
 */
export function hold(tensor: tf.Tensor): tf.Variable {
  return tf.variable(tensor, false, `fgkd-held/${held++}`);
}
