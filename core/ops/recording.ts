/** What an engine may offer beside kernels: to note what a piece of work has it compute, and to compute it again without the work. */
import * as tf from "@tensorflow/tfjs";

/** What a piece of work had the engine compute. It holds no memory of tensors. */
export interface Recording {
  /** Which of `given` nobody had any more when the work was done: `run` lets go of them, too, as early as the work did. */
  readonly used: ReadonlySet<number>;
  /**
   * Computes it again.
   *
   * @param given in the order and the shapes of before, with any values
   * @returns what outlived the work, in the order of before; the caller disposes of their data
   * @throws what any kernel throws
   */
  run(given: readonly tf.TensorInfo[]): readonly tf.TensorInfo[];
  /** Whether the other computes the same, step by step. */
  equals(other: Recording): boolean;
}

/** A recording being made. */
export interface Noting {
  /**
   * Ends it.
   *
   * @param made what outlives the work: each of its values once
   * @returns `undefined` where the work did what cannot be done again: it used values that are neither given, nor its own, nor
   *   constants of a few numbers, or left something behind that it does not name
   */
  end(made: readonly tf.TensorInfo[]): Recording | undefined;
}

/** One recording is made at a time. Work that is noted reads no values, and asks JavaScript for none that could differ. */
export interface Recorder {
  /** Begins to note what is computed from now on. @param given what will have other values the next time */
  begin(given: readonly tf.TensorInfo[]): Noting;
  /**
   * How the engine keeps these values, in words, where there are several ways and they decide what is computed: a recording is run
   * on values that are kept as those it was made of. Empty where all are kept alike.
   */
  kept(given: readonly tf.TensorInfo[]): string;
}

const recorders = new WeakMap<object, Recorder>();

/** Called by `startEngine`. */
export function setRecorder(recorder: Recorder | undefined): void {
  if (recorder) recorders.set(tf.backend(), recorder);
  else recorders.delete(tf.backend());
}

/** That of the active engine, if it has one. */
export function activeRecorder(): Recorder | undefined {
  return recorders.get(tf.backend());
}
