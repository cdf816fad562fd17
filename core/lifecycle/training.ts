/** A training: one stage, composed but not running. Hooks (when) and registries (which) meet here and nowhere else. */

import type { Settings } from "../config/config.js";
import type { SourceOpener } from "../data/source.js";
import type { Model } from "../models/model.js";
import type { Parameters } from "../models/parameters.js";
import type { Engine } from "../ops/engine.js";
import type {
  Augmenter,
  Augmenters,
  Backbones,
  Engines,
  Ensembler,
  Ensemblers,
  Loss,
  Losses,
  Optimizers,
  Registry,
  Sources,
} from "../registries/registry.js";
import type { Services } from "../registries/services.js";
import type { UpdateRule } from "../update/optimizer.js";
import type { Random } from "../values/random.js";
import type { Stateful, StateRegister } from "../values/state.js";
import type { Activity } from "../watchdogs/activity.js";
import type { Hooks } from "./hooks.js";

/** The hooks of a stage, in the order of its life. */
export interface TrainingHooks extends Hooks<Training> {}

/** What a plugin is given. */
export interface Training extends Services {
  /** The stage's name. */
  readonly stage: string;
  readonly config: Settings;
  readonly hooks: TrainingHooks;
  readonly backbones: Registry<Backbones, Model>;
  readonly augmenters: Registry<Augmenters, Augmenter>;
  readonly losses: Registry<Losses, Loss>;
  readonly ensemblers: Registry<Ensemblers, Ensembler>;
  readonly optimizers: Registry<Optimizers, UpdateRule>;
  readonly sources: Registry<Sources, SourceOpener>;
  readonly engines: Registry<Engines, Engine>;
  readonly state: StateRegister;
  /**
   * Weights that the stage trains beside its model and nobody exports: adapters, projectors, attention modules. Declare
   * them in `setup`; checkpoints carry them.
   */
  readonly helpers: Parameters;
  /** The stage's random stream for a purpose; saved in checkpoints. */
  stream(purpose: string): Random;
}

/** A training and what its owner may see beyond what plugins see. */
export interface ComposedTraining extends Training {
  readonly plugins: readonly Plugin[];
  readonly states: ReadonlyMap<string, Stateful>;
  readonly activity: Activity;
}

/** Order in the list is order of taps. `apply` runs once per stage: state in its closure lives as long as the stage. */
export interface Plugin {
  readonly name: string;
  /** Resolved options, as `fgkd config` shows them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The same plugin with some options replaced: how config reaches a plugin that a preset lists. */
  configure?(overrides: Readonly<Record<string, unknown>>): Plugin;
  apply(training: Training): void;
}
