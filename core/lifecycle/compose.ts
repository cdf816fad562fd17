/** Composes a run's registries and its stages: plugins register and tap. Opens and computes nothing. */
import { defaults, type Settings } from "../config/config.js";
import { topOneEntry } from "../evaluation/top-one.js";
import { bothWanted, type Role, type Want } from "../models/model.js";
import { asState, Parameters } from "../models/parameters.js";
import { type Container, createContainer } from "../registries/container.js";
import type { Services } from "../registries/services.js";
import { clipByNorm, createAccumulator } from "../update/gradients.js";
import { scaleLosses } from "../update/loss-scaling.js";
import { noArtifacts } from "../values/artifacts.js";
import { duplicateName, unknownName } from "../values/errors.js";
import { silentLogger } from "../values/logger.js";
import { createRandomStreams } from "../values/random.js";
import { registerIn, type Stateful } from "../values/state.js";
import { type Activity, createActivity } from "../watchdogs/activity.js";
import { applyPlugin, configurePlugins, registerPlugin } from "./check-plugins.js";
import { createHooks } from "./hooks.js";
import { applyLists } from "./lists.js";
import { flattenPlugins, type PluginOption } from "./plugin.js";
import { type FromStages, nothingFromStages, type Registries, runRegistries, stageRegistries } from "./registries.js";
import {
  type ChosenEntry,
  type ComposedTraining,
  type Plugin,
  type RunScope,
  storedAuxiliary,
  type Training,
} from "./training.js";

/** A run's level of everything that is registered. */
export interface ComposedScope extends RunScope {
  readonly container: Container;
  readonly fromStages: FromStages;
}

/**
 * What a run's plugins register; each plugin once, however many stages list it.
 *
 * @param plugins of all stages
 * @param services of the run; a test may leave them out
 * @throws FGKD_DUPLICATE_NAME, FGKD_PLUGIN_FAILED, FGKD_UNKNOWN_OPTION
 */
export function createRunScope(
  plugins: PluginOption,
  config: Settings = defaults,
  services: Services = completeServices(config),
): ComposedScope {
  const container = createContainer(services);
  const registries: Registries = runRegistries({ container, services, owner: "run" });
  // Runs are measured without any plugin, too.
  registries.metrics.register("top-1", topOneEntry);
  const scope = { ...services, ...registries, config, container, fromStages: nothingFromStages() };
  for (const plugin of once(configurePlugins(flattenPlugins(plugins), config.options))) registerPlugin(plugin, scope);
  return scope;
}

/** The stages of a preset share plugins, or list others of the same name. */
function once(plugins: readonly Plugin[]): readonly Plugin[] {
  return [...new Map(plugins.map((plugin) => [plugin.name, plugin])).values()];
}

/** All a unit test needs: `createTraining({ plugins: [mine()] }).hooks.loss.call(…)`. Opens and computes nothing. */
export interface TrainingOptions {
  readonly plugins: readonly PluginOption[];
  /** Applied after the augmenters, teachers and losses that the settings list. Default: none. */
  readonly last?: readonly PluginOption[];
  readonly config?: Partial<Settings>;
  /** Default `student`. */
  readonly stage?: string;
  /** Default: the stage's name. */
  readonly role?: Role;
  /** The run's. Default: one of these plugins alone. */
  readonly scope?: ComposedScope;
  readonly services?: Partial<Services>;
  /** The run's. */
  readonly activity?: Activity;
}

/**
 * Composes one stage: plugins, with the options that config overrides, tap; then the augmenters, teachers and losses that
 * the settings list.
 *
 * @throws FGKD_DUPLICATE_NAME, FGKD_UNKNOWN_NAME (an entry, or an override for a plugin, that is not there),
 *   FGKD_UNKNOWN_OPTION
 */
export function createTraining(options: TrainingOptions): ComposedTraining {
  const { stage = "student", role = stage, activity = createActivity() } = options;
  const config: Settings = { ...defaults, ...options.config };
  const given = [options.plugins, options.last ?? []].map((list) =>
    configurePlugins(flattenPlugins(list), config.options).filter(({ name }) => !config.without.includes(name)),
  );
  const [plugins = [], last = []] = given;
  refuseTwice([...plugins, ...last]);
  const services = options.scope ?? completeServices(config, options.services);
  const scope = options.scope ?? createRunScope([plugins, last], config, services);
  const states = new Map<string, Stateful>();
  const chosen: ChosenEntry[] = [];
  const auxiliary = new Parameters();
  let wanted: Want = {};
  const { random, logger, models, classes, artifacts } = services;
  const own = { random, logger, models, classes, artifacts };
  const context = () => ({ training });
  const level = { container: scope.container.forStage(stage), services: own, owner: stage, context };
  const state = registerIn(states);
  const training: ComposedTraining = {
    ...own,
    ...stageRegistries(scope, scope.fromStages, level),
    stage,
    role,
    config,
    plugins: [...plugins, ...last],
    chosen,
    states,
    want: (more) => {
      wanted = bothWanted(wanted, more);
    },
    get wanted() {
      return wanted;
    },
    activity,
    hooks: createHooks(stage, activity),
    state,
    scaling: scaleLosses(state),
    auxiliary,
    helpers: auxiliary,
    stream: (purpose) => random.stream(`${stage}/${purpose}`),
  };
  training.state.declare(storedAuxiliary, asState(auxiliary));
  accumulate(training);
  for (const plugin of plugins) applyPlugin(plugin, training);
  chosen.push(...applyLists(training));
  for (const plugin of last) applyPlugin(plugin, training);
  clip(training);
  return training;
}

/** Two plugins of one name that register may be two different ones, of which one would be lost without a word. */
function refuseTwice(plugins: readonly Plugin[]): void {
  const inert = plugins.filter(({ apply }) => !apply);
  const twice = inert.find((plugin) => inert.some((other) => other.name === plugin.name && other !== plugin));
  if (twice) throw duplicateName("plugin", twice.name);
}

/** Before all other taps: they see what is applied. */
function accumulate({ config, hooks, state }: Training): void {
  if (config.accumulate === 1) return;
  const accumulator = createAccumulator(config.accumulate);
  state.declare("accumulate", accumulator);
  hooks.gradients.tap("accumulate", (gradients, { isLast = false }) => accumulator.add(gradients, isLast));
}

/** After all other taps: nothing that is applied has a larger norm. */
function clip({ config, hooks }: Training): void {
  const { clipNorm } = config.optimizer;
  if (clipNorm !== null) hooks.gradients.tap("clip-norm", (gradients) => clipByNorm(gradients, clipNorm));
}

function noModel(role: Role): never {
  throw unknownName("model role", role, []);
}

/** A test may leave services out; a missing model role then says so when it is asked for. */
function completeServices({ seed }: Settings, given: Partial<Services> = {}): Services {
  const models = { get: noModel, view: noModel, addView: noModel, built: [], isPretrained: () => false };
  return {
    random: createRandomStreams(seed),
    logger: silentLogger,
    models,
    classes: [],
    artifacts: noArtifacts,
    ...given,
  };
}
