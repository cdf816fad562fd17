/** A trainable network. */
import type * as tf from "@tensorflow/tfjs";
import type { Batch, Normalisation, Outputs } from "../values/records.js";
import type { ModelInput } from "./input.js";
import type { Parameters } from "./parameters.js";

/**
 * - `train`: batch statistics, running averages move;
 * - `batch-statistics`: batch statistics, nothing moves (a look with the network that is being trained);
 * - `eval`: running averages.
 */
export type Mode = "train" | "batch-statistics" | "eval";

export interface Model {
  /** Every variable by its public name. */
  readonly parameters: Parameters;
  /** The linear classifier on pooled features, where there is one: class activation maps need it. */
  readonly classifier?: { readonly weight: tf.Tensor2D; readonly bias?: tf.Tensor1D };
  /** Names of the weights that belong to its classes: a file made for other ones does not fill them. Default: the classifier's. */
  readonly head?: readonly string[];
  /**
   * How it gets its images, whatever the batch has: of every model of a run. A backbone leaves it out, and sees images
   * that are its own already.
   */
  readonly input?: ModelInput;
  /** Of a model that makes images: their side, and their normalisation where it has one of its own. */
  readonly makes?: Partial<Normalisation> & { readonly size: number };
  /** Called inside the tape (`train`) or inside a tidy: it may leave temporaries behind. */
  forward(batch: Batch, mode: Mode, want?: Want): Outputs;
}

/** What a caller wants of a forward pass beside its usual outputs. It costs memory, so it is given on demand. */
export interface Want {
  /** `outputs.stages`; in `train` mode, where the tape holds them anyway, they are always given. */
  readonly stages?: boolean;
  /** `outputs.normInputs` */
  readonly normInputs?: boolean;
}

/** `student`, `teacher`, `generator`, `member-1`, … */
export type Role = "student" | "teacher" | "generator" | (string & {});

/** Run-scoped: a teacher trained in one stage is the same object in the next. */
export interface Models {
  /** @throws FGKD_UNKNOWN_NAME for a role that the config does not have */
  get(role: Role): Model;
  /** Roles built so far. */
  readonly built: readonly Role[];
  /** Whether a variable was filled from `weights` (a pretrained trunk) or is new. */
  isPretrained(role: Role, parameter: string): boolean;
}
