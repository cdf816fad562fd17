/** A training: one stage, composed but not running. Hooks (when) and registries (which) meet here and nowhere else. */
import type { Settings } from "../config/config.js";
import type { Role, Want } from "../models/model.js";
import type { Parameters } from "../models/parameters.js";
import type { Services } from "../registries/services.js";
import type { LossScaling } from "../update/loss-scaling.js";
import type { Random } from "../values/random.js";
import type { Batch } from "../values/records.js";
import type { OptionsSchema } from "../values/schema.js";
import type { Stateful, StateRegister } from "../values/state.js";
import type { Activity } from "../watchdogs/activity.js";
import type { Hooks } from "./hooks.js";
import type { Registries } from "./registries.js";

/** What a plugin is given once per run: registries, to register what config may choose. */
export interface RunScope extends Registries, Services {
  /** Of the run. */
  readonly config: Settings;
}

/** The hooks of a stage, in the order of its life. */
export interface TrainingHooks extends Hooks<Training> {}

/** What checkpoints call the auxiliary weights of a stage: their name when the first runs were kept. */
export const storedAuxiliary = "helpers";

/** What a plugin is given in each stage. */
export interface Training extends RunScope {
  /** The stage's name. */
  readonly stage: string;
  /** The role of the model that the stage trains. */
  readonly role: Role;
  /** Of the stage. */
  readonly config: Settings;
  readonly hooks: TrainingHooks;
  readonly state: StateRegister;
  /**
   * Weights that the stage trains beside its model and nobody exports: adapters, projectors, attention modules. Declare
   * them in `setup`; checkpoints carry them.
   */
  readonly auxiliary: Parameters;
  /** @deprecated Called `auxiliary` now; goes with the next version. */
  readonly helpers: Parameters;
  /** Asks for more of each forward pass of the trained model, from the first step on. For `apply` and `setup`. */
  want(more: Want): void;
  /** The stage's random stream for a purpose; saved in checkpoints. */
  stream(purpose: string): Random;
}

/** A training and what its owner may see beyond what plugins see. */
export interface ComposedTraining extends Training {
  readonly plugins: readonly Plugin[];
  /** The augmenters, teachers and losses that its settings list, with all their options. */
  readonly chosen: readonly ChosenEntry[];
  readonly states: ReadonlyMap<string, Stateful>;
  /** Where the engine multiplies numbers of small range. */
  readonly scaling: LossScaling | undefined;
  /** All that was asked for so far. */
  readonly wanted: Want;
  readonly activity: Activity;
}

/** An entry of one of a stage's lists. */
export interface ChosenEntry {
  readonly list: "augmenters" | "teachers" | "losses";
  readonly name: string;
  /** Its own, resolved. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a loss that has no weight of its own. */
  readonly weight?: number;
  /** Of a loss: what its term is called. */
  readonly term?: string;
}

/** Order in the list is order of taps. Has `register`, `apply` or both. */
export interface Plugin {
  readonly name: string;
  /** Resolved options, as `fgkd config` shows them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What they may be, where `describeOptions` said so. */
  readonly schema?: OptionsSchema;
  /** The same plugin with some options replaced: how config reaches a plugin that a preset lists. */
  configure?(overrides: Readonly<Record<string, unknown>>): Plugin;
  /** Fields of the batch that its taps set, so that a missing one is told before anything runs. Default: who knows. */
  readonly provides?: readonly (keyof Batch & string)[];
  /** Once per run: registers entries. */
  register?(run: RunScope): void;
  /** Once per stage: taps hooks. State in its closure lives as long as the stage. */
  apply?(training: Training): void;
}
