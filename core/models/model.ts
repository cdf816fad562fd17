/** A trainable network. */

import type * as tf from "@tensorflow/tfjs";
import type { Interpolation } from "../ops/resize.js";
import type { NamedArray } from "../values/named-array.js";
import type { Batch, Normalisation, Outputs } from "../values/records.js";
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
   * Those that have a row for each class, where several layers classify beside each other. Default: the classifier's, or those
   * of the one layer in `head` that has so many outputs.
   */
  readonly classRows?: readonly string[];
  /**
   * How it gets its images, whatever the batch has: of every model of a run. A backbone leaves it out, and sees images
   * that are its own already.
   */
  readonly input?: ModelInput;
  /** Of a model that makes images: their side, and their normalisation where it has one of its own. */
  readonly makes?: Partial<Normalisation> & { readonly size: number };
  /**
   * How deep each trained weight lies: 0 where images come in, more the nearer to the logits. Layer-wise learning rates
   * need it. Default: the model does not say.
   */
  readonly depths?: ReadonlyMap<string, number>;
  /** Names of weights, or of groups of them, that start afresh where a file does not have them. Default: none. */
  readonly fresh?: readonly string[];
  /** How files that others wrote fill the model. Default: by its own names, in its own shapes. */
  readonly adapts?: WeightsAdapter;
  /** The inner maps that a caller may ask for, from the first to the last. Default: none. */
  readonly maps?: readonly ModelMap[];
  /** Of a transformer: who of its tokens answers. Its explanations need it. Default: it has none. */
  readonly tokens?: AnsweringTokens;
  /**
   * Whether a pass depends on the batch's images, the model's variables, the mode and what is wanted alone, and changes nothing but
   * variables and counters: it draws no numbers, looks at nothing else, and does the same kernels each time. Then an engine that
   * can may note a pass and run it again without the layers. Default false.
   */
  readonly isRepeatable?: boolean;
  /**
   * Called inside the tape (`train`) or inside a tidy: it may leave temporaries behind.
   *
   * @throws FGKD_UNKNOWN_NAME for a map that the model does not have
   */
  forward(batch: Batch, mode: Mode, want?: Want): Outputs;
}

/** What a model knows of files that others wrote for the same network. Names and shapes alone decide: no value is read yet. */
export interface WeightsAdapter {
  /** The model's own name for a name in a file of another origin; the same name where it is one of the model's, or unknown. */
  rename?(name: string): string;
  /**
   * Turns an array of another shape into the model's; `undefined` where none is known.
   *
   * @param name the model's own
   * @param shape the file's
   * @param wanted the model's, as public files have it
   */
  reshape?(
    name: string,
    shape: readonly number[],
    wanted: readonly number[],
  ): ((array: NamedArray) => NamedArray) | undefined;
}

/** An inner map of a network, `[batch, height, width, channels]`. */
export interface ModelMap {
  /** Public, as weights are named: `layer3`, `layer3.1`, `features.16`. */
  readonly name: string;
  readonly channels: number;
  /** About so many pixels of the image, in height and in width, are one of the map. */
  readonly stride: number;
  /** Whether it ends a level: a run of blocks whose maps have the same sides, most often between two reductions. */
  readonly endsLevel: boolean;
}

/** The tokens of a transformer that its logits are computed from, which come before those of the patches. */
export interface AnsweringTokens {
  /** How many. */
  readonly count: number;
  /** Name of the last inner map that they attend to; absent where there is none. */
  readonly seen?: string;
}

/** What a caller wants of a forward pass beside its usual outputs. It costs memory, so it is given on demand. */
export interface Want {
  /** The names of the inner maps to give in `outputs.maps`. */
  readonly maps?: readonly string[];
  /** `outputs.normInputs` */
  readonly normInputs?: boolean;
  /** `outputs.attention` */
  readonly attention?: boolean;
  /** Whether logits shall be computed from the wanted maps, for gradients by them. Those of convolutional networks always are. */
  readonly throughMaps?: boolean;
}

/** What either of two callers wants. */
export function bothWanted(one: Want, other: Want): Want {
  const maps = [...new Set([...(one.maps ?? []), ...(other.maps ?? [])])];
  return {
    maps,
    normInputs: one.normInputs || other.normInputs,
    attention: one.attention || other.attention,
    throughMaps: one.throughMaps || other.throughMaps,
  };
}

/** `student`, `teacher`, `generator`, `member-1`, … */
export type Role = "student" | "teacher" | "generator" | (string & {});

/** Run-scoped: a teacher trained in one stage is the same object in the next. */
export interface Models {
  /** @throws FGKD_UNKNOWN_NAME for a role that the config does not have */
  get(role: Role): Model;
  /**
   * The model of a role with other weights, such as the average of those it had: `view("student", "ema")`. It runs through
   * the same layers, in `eval` mode only; its `parameters` are those other weights. Also `get("student@ema")`.
   *
   * @throws FGKD_UNKNOWN_NAME when no plugin of a stage so far keeps one
   */
  view(role: Role, name: string): Model;
  /** Keeps other weights for a role from now on, in checkpoints and exports too; they begin as a copy, if it has none yet. */
  addView(role: Role, name: string): Model;
  /** Roles built so far, and views of them as `role@view`. */
  readonly built: readonly Role[];
  /** Whether a variable was filled from `weights` (a pretrained trunk) or is new. */
  isPretrained(role: Role, parameter: string): boolean;
}

/** The model that a name in a checkpoint stands for: a role, or a view of one, which is added where there is none yet. */
export function modelOf(models: Models, name: string): Model {
  const [role = name, view] = name.split("@");
  return view === undefined ? models.get(role) : models.addView(role, view);
}

/** How a model gets its images: cut, then reduced, then normalised. What a batch has already is left as it is. */
export interface ModelInput extends Normalisation {
  /** Side, in pixels, of the central square of the batch's images that it looks at. `null`: all of it. */
  readonly crop: number | null;
  /** The side, in pixels, that this is reduced to. `null`: as it comes. */
  readonly size: number | null;
  /** By which filter, antialiased. */
  readonly interpolation: Interpolation;
}

/** What may be said of a model's input; what is left out is for the next one to say. */
export type PartialModelInput = { readonly [K in keyof ModelInput]?: ModelInput[K] | undefined };
