/** Tensors that are computed from variables and kept until one of these changes. */
import * as tf from "@tensorflow/tfjs";

/** Computes the tensors; called inside a tidy. */
export type Derivation = () => readonly tf.Tensor[];

const prefix = "fgkd-derived/";
let made = 0;

/** Tensors alive, without those that were derived from variables and that their model keeps. */
export function countTensors(): number {
  const variables = Object.keys(tf.engine().state.registeredVariables);
  return tf.memory().numTensors - variables.filter((name) => name.startsWith(prefix)).length;
}

/**
 * Values that follow from variables, like a filter with a batch norm folded into it: computed when they are first asked
 * for, kept, and computed anew once a variable has been assigned to. They are variables themselves, since to count them
 * as tensors that a step left behind would be wrong.
 */
export class Derived {
  readonly #from: readonly tf.Tensor[];
  readonly #compute: Derivation;
  /** What the variables held when `#values` were computed: tfjs gives every new value an identity. */
  #seen: readonly tf.DataId[] = [];
  #values: readonly tf.Variable[] = [];

  constructor(from: readonly tf.Tensor[], compute: Derivation) {
    this.#from = from;
    this.#compute = compute;
  }

  /** The tensors, as they follow from what the variables hold now; not the caller's to free. */
  get values(): readonly tf.Tensor[] {
    if (this.#values.length === 0 || this.#from.some(({ dataId }, index) => dataId !== this.#seen[index])) {
      this.forget();
      this.#seen = this.#from.map(({ dataId }) => dataId);
      this.#values = tf.tidy(() => this.#compute().map((value) => tf.variable(value, false, `${prefix}${made++}`)));
    }
    return this.#values;
  }

  /** Frees the tensors; they are computed anew when they are asked for. */
  forget(): void {
    for (const value of this.#values) value.dispose();
    this.#values = [];
  }
}
