/** What a plugin registers as an optimiser: how a variable moves, and how many do at once. */
import type * as tf from "@tensorflow/tfjs";

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
  /** How many are moved at once. Default: one after the other. */
  readonly ofMany?: UpdateOfMany;
}

/** Moves many weights in one go. */
interface UpdateOfMany {
  /** The numbers by which an update differs from those of other weights and of other steps: always as many. */
  rates(update: Update): readonly number[];
  /**
   * Assigns to variables and slots. Reads no values, and of the moves no numbers: it may be run again without it, by other rates.
   *
   * @param rates `[moves, numbers]`: `rates` of each
   * @returns `false`, and moves none, where the engine cannot: then each is moved by `update`
   */
  move(moves: readonly Move[], rates: tf.Tensor2D): boolean;
}

/** A variable, and what moves it. */
export interface Move extends Update {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly slots: Readonly<Record<string, tf.Variable>>;
}
