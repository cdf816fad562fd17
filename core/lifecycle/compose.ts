/** Composes a stage: its plugins tap hooks and register entries. Opens and computes nothing. */

import { defaults, type Settings } from "../config/config.js";
import { Parameters } from "../models/parameters.js";
import { createContainer } from "../registries/container.js";
import { createRegistry } from "../registries/registry.js";
import type { Services } from "../registries/services.js";
import { noArtifacts } from "../values/artifacts.js";
import { duplicateName, unknownName } from "../values/errors.js";
import { silentLogger } from "../values/logger.js";
import { checkName } from "../values/names.js";
import { createRandomStreams } from "../values/random.js";
import type { Stateful } from "../values/state.js";
import { type Activity, createActivity } from "../watchdogs/activity.js";
import { applyPlugin, configurePlugins } from "./check-plugins.js";
import { createHooks } from "./hooks.js";
import { flattenPlugins, type PluginOption } from "./plugin.js";
import type { ComposedTraining } from "./training.js";

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
