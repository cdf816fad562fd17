/** A run: a preset and its settings, composed into stages that share models, data and random streams. */

import { version_core as tfjs } from "@tensorflow/tfjs";
import { type ResolvedConfig, resolveConfig, type Settings, type SettingsLayer } from "../config/config.js";
import type { Source } from "../data/source.js";
import { chooseMetrics } from "../evaluation/metric.js";
import { testViews } from "../evaluation/test-time.js";
import { createHub, type Hub } from "../hub/hub.js";
import { type ComposedScope, createRunScope, createTraining } from "../lifecycle/compose.js";
import { checkNeeds } from "../lifecycle/needs.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import { createStage } from "../lifecycle/stage.js";
import type { ComposedTraining } from "../lifecycle/training.js";
import { inputInWeights } from "../models/about-weights.js";
import type { Models, Role } from "../models/model.js";
import { loadWeights } from "../models/weights.js";
import type { Engine } from "../ops/engine.js";
import type { Engines } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import type { Services } from "../registries/services.js";
import { type ChosenUpdate, chooseUpdate } from "../update/chosen.js";
import { createLateReads } from "../update/late-reads.js";
import { type Artifacts, noArtifacts } from "../values/artifacts.js";
import { invalidConfig } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import { createRandomStreams } from "../values/random.js";
import type { EpochSummary, StepReport } from "../values/records.js";
import { type Activity, createActivity } from "../watchdogs/activity.js";
import { checkPreset } from "./check-preset.js";
import { checkInputs, describeInput, type Homes, homesOf, type InputDescription } from "./inputs.js";
import { createModels, type ModelFactory, type OwnedModels } from "./models.js";
import { checkNames, checkOptions } from "./names.js";
import { tellOverlaps } from "./overlaps.js";
import { type CheckedRun, checkHeaders, createAside, preflight } from "./preflight.js";
import type { Preset, Stage } from "./preset.js";
import { presetLayers } from "./preset.js";
import { configurePreset } from "./preset-options.js";
import { type RunState, saveRun } from "./run-state.js";
import { withSetSettings } from "./set-settings.js";
import { checkSharedBatches, classesOf, openSources, type RunSources } from "./sources.js";
import { onceRead, schedule } from "./steps.js";
import { checkTeaching, stagesThatTrain, untrained } from "./teaching.js";
import { fetchWeights, type WeightsFile } from "./weights-files.js";

export interface Run {
  readonly preset: Preset;
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  /** Class names in label order. */
  readonly classes: readonly string[];
  /** Of the data of each enabled stage. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** What touches pixels or rounding, by name: versions. The engine's library is not among it. */
  readonly libraries: Readonly<Record<string, string>>;
  readonly models: Models;
  /** By role: the file that the weights of a model come from, and of what commit of a hub it is. */
  readonly weights: ReadonlyMap<Role, WeightsFile>;
  /** One finished epoch after the other, over all stages. */
  readonly history: readonly EpochSummary[];
  /** By stage: the share of its time, since this process took it up, that it waited for data. */
  readonly dataWait: Readonly<Record<string, number>>;
  /** The engines that the plugins registered. Start one before the first step. */
  readonly engines: Registry<Engines, Engine>;
  /** The stages that will run, in order. */
  readonly stages: readonly ComposedTraining[];
  source(stage: string): Source;
  /** How the images of a role's model come about: what its export says. */
  inputOf(role: Role): InputDescription;
  /**
   * Refuses what a later stage would fail at, so that no earlier one works in vain: every role's network is made once, with
   * the weights of its file, and freed. Draws nothing random. Start an engine first.
   *
   * @throws FGKD_PATH, FGKD_CORRUPT_FILE, FGKD_WEIGHTS_MISMATCH, FGKD_UNKNOWN_NAME, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG
   */
  check(): void;
  /**
   * Each `next()` is one step, in the order the preset's schedule decides. On an engine with a queue, a report comes once
   * the step after it is asked for; one that ends an epoch comes at once.
   */
  steps(): AsyncGenerator<StepReport, void, undefined>;
  /** Between two steps only. */
  save(): Promise<RunState>;
  /** Before `steps()`. */
  load(state: RunState): void;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly preset: Preset;
  /** Laid over the preset's own settings. */
  readonly layers?: readonly SettingsLayer[];
  /** Applied after the preset's, in every stage. */
  readonly plugins?: readonly PluginOption[];
  readonly logger?: Logger;
  /** Where plugins may leave files. Default: nowhere. */
  readonly artifacts?: Artifacts;
  /** Told of everything the run begins; for whoever watches whether it still moves. */
  readonly onActivity?: (activity: Activity) => void;
  /** What a stage sees of its data: less of it, for a trial. Default: all. */
  readonly seen?: (source: Source, stage: string) => Source;
  /** Where references to weights lead. Default: the hub that the environment of the process names. */
  readonly hub?: Hub;
  /** By reference: the commit that it stood for when the run began. Default: what it stands for now. */
  readonly commits?: Readonly<Record<string, string>>;
  /** False where models are only tested: each must come whole from its weights. Default true. */
  readonly trains?: boolean;
}

/**
 * Composes a run, fetches weights that are elsewhere, and opens its data. Makes no tensor before the first step.
 *
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_CONFIG, FGKD_NO_DATA, and what opening the data throws
 */
export async function createRun(options: RunOptions): Promise<Run> {
  const layers = await withSetSettings(options.preset, options.layers ?? [], options.plugins);
  const composed = composeRun({ ...options, layers });
  const { preset, config, scope, trainings, services, classes, weights } = composed;
  for (const words of config.renamed) services.logger.warn(words);
  const hub = options.hub ?? createHub({ logger: services.logger });
  for (const [role, file] of await fetchWeights(
    config.run.models,
    scope.backbones,
    hub,
    services.logger,
    options.commits,
  ))
    weights.set(role, file);
  checkHeaders(weights.values());
  const sources = await openSources(preset, trainings, options.seen);
  tellOverlaps(sources.open, config.run.models, weights, services.logger);
  const named = sources.open.find((source) => source.classes.length > 0)?.classes;
  classes.push(...(named ?? classesOf(weights.values())));
  if (options.trains ?? true) checkTeaching(preset, config, trainings, classes, weights);
  return assemble(composed, sources);
}

/**
 * Refuses what no run could be made of: names, options and settings that do not exist. Opens no file and computes nothing.
 *
 * @throws FGKD_UNKNOWN_OPTION, FGKD_UNKNOWN_NAME, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG, FGKD_MISSING_FIELD
 */
export function checkRun(options: RunOptions): void {
  composeRun(options);
}

/** A run whose data is not open yet. */
interface ComposedRun extends CheckedRun {
  readonly scope: ComposedScope;
  readonly homes: Homes;
  readonly services: Services;
  readonly models: OwnedModels;
  /** To be filled, as the next. */
  readonly classes: string[];
  readonly weights: Map<Role, WeightsFile>;
}

function composeRun({
  preset: given,
  layers = [],
  plugins = [],
  logger: told = silentLogger,
  artifacts = noArtifacts,
  onActivity,
  trains = true,
}: RunOptions): ComposedRun {
  const aside = createAside();
  const logger = aside.logger(told);
  checkPreset(given);
  const preset = configurePreset(given, layers);
  const names = Object.keys(preset.stages);
  const config = resolveConfig(names, [...presetLayers(preset), ...layers]);
  checkOptions(preset, config, plugins);
  checkInputs(preset, config);
  checkSharedBatches(preset, config);
  // resolveConfig was given exactly the preset's stages.
  const enabled = names.filter((name) => (config.stages[name] as Settings).enabled);
  if (enabled.length === 0)
    throw invalidConfig(`preset ${preset.name}`, "no stage is enabled", "Set stages.<name>.enabled to true for one.");
  const classes: string[] = [];
  const weights = new Map<Role, WeightsFile>();
  const homes = homesOf(preset, config);
  const trainsRole = (role: Role) => trains && homes.isTrained(role);
  const useOf = (role: Role) => ({ classes, trained: trainsRole(role), strict: config.run.models[role]?.strict });
  const factory: ModelFactory = {
    // The registries are composed below: they are given the models, and make them later.
    create: (role, { backbone }) => scope.backbones.choose(backbone, `models/${role}`),
    fileOf: (role) => weights.get(role)?.file,
    load: (role, model, file) => loadWeights(role, model, file, logger, useOf(role)),
    inputIn: inputInWeights,
    homes,
    logger,
    // What only makes images may show chance.
    refuseUntrained: (role, { makes }) => {
      if (!makes && !trainsRole(role)) throw untrained(role, stagesThatTrain(preset, role));
    },
  };
  const models = createModels(config.run.models, factory);
  const activity = createActivity(onActivity);
  const random = aside.streams(createRandomStreams(config.run.seed));
  const services: Services = { random, logger, models, classes, artifacts };
  const stageOf = (name: string) => preset.stages[name] as Stage;
  const scope = createRunScope(
    [preset.plugins, enabled.map((name) => stageOf(name).plugins), plugins],
    config.run,
    services,
  );
  const trainings = enabled.map((stage) => {
    const { plugins: own = [], trains, data } = stageOf(stage);
    const settings = config.stages[stage] as Settings;
    const composed = {
      plugins: [preset.plugins, own],
      last: plugins,
      config: settings,
      stage,
      role: trains,
      scope,
      activity,
    };
    const training = createTraining(composed);
    checkNeeds(training, data === "none" ? [] : ["images", "labels", "indices"]);
    // The stage chooses them; what cannot be is told before the data is read.
    chooseMetrics(training.metrics, settings.evaluation.metrics);
    testViews(settings.evaluation.testTime, settings.input, `stage "${stage}"`);
    return training;
  });
  const updates = new Map(trainings.map((training) => [training, chooseUpdate(training.config.optimizer, training)]));
  checkNames(preset, config, scope, trainings, logger);
  return { preset, config, scope, trainings, updates, homes, services, models, classes, weights, aside, factory };
}

function assemble(composed: ComposedRun, sources: RunSources): Run {
  const { preset, config, scope, trainings, updates, homes, services, models } = composed;
  const history: EpochSummary[] = [];
  const reads = createLateReads();
  // Every enabled stage has its source: openSources throws otherwise.
  const sourceOf = (stage: string) => sources.byStage.get(stage) as Source;
  const stages = new Map(
    trainings.map((training) => {
      const { batchesOf } = preset.stages[training.stage] ?? {};
      const around = {
        source: sourceOf(training.stage),
        ...(batchesOf !== undefined && { batchesOf }),
        update: updates.get(training) as ChosenUpdate,
        reads,
        record: (summary: EpochSummary) => void history.push(summary),
      };
      const { stage } = training;
      return [stage, createStage(training, preset.stages[stage]?.trains ?? "student", around)] as const;
    }),
  );
  let running: AsyncIterator<StepReport> | undefined;
  return {
    preset,
    config,
    logger: services.logger,
    classes: services.classes,
    libraries: {
      tfjs,
      ...Object.assign({}, ...[...sources.byStage.values()].map(({ libraries }) => libraries)),
    },
    fingerprints: Object.fromEntries([...sources.byStage].map(([stage, source]) => [stage, source.fingerprint])),
    models,
    weights: composed.weights,
    history,
    get dataWait() {
      return sources.waits();
    },
    engines: scope.engines,
    stages: trainings,
    source: sourceOf,
    inputOf: (role) => describeInput(models.get(role), homes.of(role)),
    check: () => preflight(composed, sourceOf),
    async *steps() {
      const order = schedule(preset, stages, config);
      running = order[Symbol.asyncIterator]();
      yield* onceRead(running, reads);
    },
    save: async () => {
      await reads.settle();
      return saveRun(stages, models, services, history);
    },
    load: (state) => {
      for (const [role, arrays] of Object.entries(state.models)) models.restore(role, arrays, state.inputs?.[role]);
      for (const [name, saved] of Object.entries(state.stages)) stages.get(name)?.load(saved);
      services.random.load(state.random);
      history.splice(0, history.length, ...state.history);
    },
    close: async () => {
      reads.drop();
      await running?.return?.();
      await Promise.all(sources.open.map((source) => source.close()));
      models.dispose();
      for (const { auxiliary } of trainings) auxiliary.dispose();
    },
  };
}
