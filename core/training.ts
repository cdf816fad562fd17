/** A training: one stage, composed but not running. Hooks (when) and registries (which) meet here and nowhere else. */

import { defaults, type Settings } from "./config.js";
import { createContainer, type Services } from "./container.js";
import type { Engine } from "./engine.js";
import { duplicateName, unknownName } from "./errors.js";
import { noArtifacts } from "./files/artifacts.js";
import { createHooks, type TrainingHooks } from "./hooks.js";
import { silentLogger } from "./logger.js";
import { type Model, Parameters } from "./model.js";
import type { UpdateRule } from "./optimizer.js";
import { flattenPlugins, type Plugin, type PluginOption } from "./plugin.js";
import { createRandomStreams, type Random } from "./random.js";
import {
  type Augmenter,
  type Augmenters,
  type Backbones,
  createRegistry,
  type Engines,
  type Ensembler,
  type Ensemblers,
  type Loss,
  type Losses,
  type Optimizers,
  type Registry,
  type Sources,
} from "./registry.js";
import type { SourceOpener } from "./source.js";
import type { Stateful, StateRegister } from "./state.js";
import { checkName } from "./untrusted/names.js";
import { applyPlugin, configurePlugins } from "./untrusted/plugins.js";
import { type Activity, createActivity } from "./watchdogs/activity.js";

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

/** All a unit test needs: `createTraining({ plugins: [mine()] }).hooks.loss.call(…)`. Opens and computes nothing. */
export interface TrainingOptions {
  readonly plugins: readonly PluginOption[];
  readonly config?: Partial<Settings>;
  /** Default `student`. */
  readonly stage?: string;
  readonly services?: Partial<Services>;
  /** The run's. */
  readonly activity?: Activity;
}

/**
 * Composes one stage: plugins, with the options that config overrides, tap and register.
 *
 * @throws FGKD_DUPLICATE_NAME, FGKD_UNKNOWN_NAME (an override for a plugin that is not listed), FGKD_UNKNOWN_OPTION
 */
export function createTraining(options: TrainingOptions): ComposedTraining {
  const { stage = "student", activity = createActivity() } = options;
  const config: Settings = { ...defaults, ...options.config };
  const services = completeServices(config, options.services);
  const container = createContainer(services);
  const plugins = configurePlugins(flattenPlugins(options.plugins), config.options);
  const states = new Map<string, Stateful>();
  const registry = <Entries, Product>(kind: string, beside?: readonly string[]) =>
    createRegistry<Entries, Product>(kind, container, services, stage, beside);
  const training: ComposedTraining = {
    ...services,
    stage,
    config,
    plugins,
    states,
    activity,
    hooks: createHooks(stage, activity),
    backbones: registry("backbone"),
    augmenters: registry("augmenter"),
    losses: registry("loss"),
    ensemblers: registry("ensembler"),
    optimizers: registry("optimizer", Object.keys(defaults.optimizer)),
    sources: registry("source"),
    engines: registry("engine"),
    state: {
      declare: (name, stateful) => {
        checkName("state", name);
        if (states.has(name)) throw duplicateName("state", name);
        states.set(name, stateful);
      },
    },
    helpers: new Parameters(),
    stream: (purpose) => services.random.stream(`${stage}/${purpose}`),
  };
  training.state.declare("helpers", keepHelpers(training.helpers));
  for (const plugin of plugins) applyPlugin(plugin, training);
  return training;
}

function keepHelpers(helpers: Parameters): Stateful {
  return {
    save: async () => ({ tensors: await helpers.export() }),
    load: ({ tensors }) => helpers.import(tensors ?? new Map()),
  };
}

/** A test may leave services out; a missing model role then says so when it is asked for. */
function completeServices(config: Settings, given: Partial<Services> = {}): Services {
  return {
    random: given.random ?? createRandomStreams(config.seed),
    logger: given.logger ?? silentLogger,
    models: given.models ?? {
      get: (role) => {
        throw unknownName("model role", role, []);
      },
      built: [],
      isPretrained: () => false,
    },
    classes: given.classes ?? [],
    artifacts: given.artifacts ?? noArtifacts,
  };
}
