/** Entries: what a registered name stands for, and the open interfaces in which names and options are declared. */
import type * as tf from "@tensorflow/tfjs";
import type { Model } from "../models/model.js";
import type { PublicWeights } from "../models/public-weights.js";
import type { Random } from "../values/random.js";
import type { Batch, LossTerms, Outputs, Step } from "../values/records.js";
import type { OptionsSchema } from "../values/schema.js";
import type { Services } from "./services.js";

/* Plugins merge `name: Options` into these; re-exported from core/index.ts BY NAME, never by `export *`. */
export interface Backbones {}
export interface Augmenters {}
export interface Teachers {}
export interface Losses {}
export interface Ensemblers {}
export interface Optimizers {}
export interface ParameterGroups {}
export interface Schedules {}
export interface Metrics {
  /** `accuracy`, in percent; the one metric that needs no plugin. */
  readonly "top-1": {};
}
export interface Transforms {}
export interface Sources {}
export interface Engines {}

/** Changes a batch before each step, outside the gradient's tape. */
export type Augmenter = (batch: Batch, step: Step) => Batch | Promise<Batch>;
/** Adds to a batch what frozen models say of it, outside the gradient's tape. */
export type Teacher = (batch: Batch, step: Step) => Batch | Promise<Batch>;
/**
 * What a stage minimises, inside the gradient's tape: one scalar, which is reported under the entry's name in camel case,
 * or several by the names they are reported under. `before`: the terms of the losses before it in the list.
 */
export type Loss = (outputs: Outputs, batch: Batch, step: Step, before: LossTerms) => tf.Scalar | LossTerms;
/** Merges the members' logits into one prediction, `[batch, classes]` each: logits, unless it says that it gives shares of a whole. */
export type Ensembler = ((logits: readonly tf.Tensor2D[]) => tf.Tensor2D) & { readonly gives?: "logits" | "shares" };

/** What happens to one picture on a worker thread: data, since threads are told of it. */
export interface Transform {
  /** The threads' module: a URL (`new URL("./jitter-thread.js", import.meta.url).href`) or an absolute path. */
  readonly module: string;
  /** What that module exports: `(picture, { options, drawn, input }) => picture`, see `fgkd/pixels`. Default `transform`. */
  readonly function?: string;
  /** Handed to it: plain data. */
  readonly options?: object;
  /** All that is random about one picture of one epoch, drawn on the main thread. Default: nothing is. */
  draw?(random: Random): readonly number[];
  /** Whether the picture after it is worth keeping in memory, when nothing was drawn so far. Default false. */
  readonly keep?: boolean;
}

/** What the factory of a registry entry is given beside its options. */
export interface FactoryContext extends Services {
  /** The stage's stream for this entry: `<stage>/<registry>/<name>`. */
  readonly stream: Random;
}

/** What an entry depends on, so that what is missing is told before anything runs. */
export interface Needs {
  /** Fields of the batch that must be there when its turn comes. */
  readonly batch?: readonly (keyof Batch & string)[];
  /** Fields of the outputs that the trained model, or a plugin's tap on `forward`, must give. */
  readonly outputs?: readonly (keyof Outputs & string)[];
  /** Inner maps of the trained model, by public name, that `outputs.maps` must have. */
  readonly maps?: readonly string[];
  /** Roles whose models it asks. */
  readonly models?: readonly string[];
}

/** The models of a run by role, as they are made before its first stage: what is known of them without an image. */
export type Foreseen = (role: string) => Pick<Model, "maps"> | undefined;

type Name<Entries> = keyof Entries & string;
type OptionalKeys<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? K : never }[keyof T];

/** How an entry is made: its options' defaults, which are also the list of the options it knows, and its factory. */
export interface Entry<Options, Product> {
  /** One value per optional option; `null` for an optional one without default. */
  readonly defaults: { readonly [K in OptionalKeys<Options>]-?: Options[K] };
  /** The options that must be given. */
  readonly required?: readonly (keyof Options & string)[];
  /** Throws `invalidOption` for values out of range. */
  check?(options: Required<Options>): void;
  /** What `describeOptions` made the three above from: for JSON Schema and the tables of the reference. */
  readonly schema?: OptionsSchema;
  /** What it depends on, with these options. Default: nothing that is known beforehand. */
  needs?(options: Required<Options>): Needs;
  /**
   * Looks at the models before the first stage begins. What it throws ends the run then, and not after stages that worked in vain; what it
   * returns, a sentence, is told. Default: nothing depends on them.
   */
  foresee?(options: Required<Options>, models: Foreseen): string | undefined;
  /** Weights that fit it, of a backbone, for `models.<role>.weights`: no short names without them. */
  readonly publicWeights?: readonly PublicWeights[];
  /** Fields of the batch that it sets: of an augmenter or a teacher. */
  readonly provides?: readonly (keyof Batch & string)[];
  create(options: Required<Options>, context: FactoryContext): Product;
}

/** For a factory with constructor dependencies, each with an explicit `@inject(TOKEN)`. */
export type EntryClass<Options, Product> = new (...dependencies: never[]) => Entry<Options, Product>;

/** A registered name with its own options: how config refers to an entry, e.g. `{ name: "resnet18", head: "linear" }`. */
export type Choice<Entries> = { [N in Name<Entries>]: { readonly name: N } & Readonly<Entries[N]> }[Name<Entries>];
