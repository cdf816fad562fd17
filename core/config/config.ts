/** Settings: what they are, their defaults, and how layers of them become one. Pure: reads no files. */

import type { InputSettings } from "../data/source.js";
import { type EvaluationSettings, evaluationDefaults } from "../evaluation/settings.js";
import type { Augmenters, Choice, Engines, Losses, Optimizers, Sources, Teachers } from "../registries/entry.js";
import type { OptimizerSettings } from "../update/optimizer.js";
import { deepFreeze, merge } from "../values/merge.js";
import { checkNames } from "../values/names.js";
import { type WatchdogSettings, watchdogDefaults } from "../watchdogs/settings.js";
import { likeOthers } from "./like.js";
import type { ModelSettings } from "./model-settings.js";
import { withNewNames } from "./renamed.js";
import { checkConfig } from "./schema.js";

/** What a stage may be told. */
export interface StageSettings {
  /** Default true. A stage that is not enabled is passed over. */
  readonly enabled: boolean;
  /** Default 100. */
  readonly epochs: number;
  /** An epoch ends after so many steps. Default `null`: after a whole pass over the data. */
  readonly stepsPerEpoch: number | null;
  /** Steps before it is the next stage's turn, in presets whose stages take turns. Default 1. */
  readonly stepsPerTurn: number;
  /** Default 16. */
  readonly batchSize: number;
  /**
   * Steps whose gradients are averaged for one update of the weights; what an epoch's last steps have not filled is applied
   * at its end. Default 1.
   */
  readonly accumulate: number;
  readonly optimizer: OptimizerSettings & (Choice<Optimizers> | { readonly name: string });
  /** Where images come from. `null`: nowhere, for a stage that makes its own. */
  readonly data: Choice<Sources> | { readonly name: string } | null;
  readonly input: InputSettings;
  readonly evaluation: EvaluationSettings;
  /**
   * The weights that the stage leaves behind, for later stages and for the exported file. Default `last`: those of its last
   * epoch. `best`: those of the epoch that was best on the split that chooses, see `evaluation.bestOn`.
   */
  readonly export: "last" | "best";
  /** What changes each batch before the step, in order. Default: nothing. */
  readonly augmenters: readonly Choice<Augmenters>[];
  /** What frozen models say of each batch, after the augmenters. Default: nothing. */
  readonly teachers: readonly Choice<Teachers>[];
  /** What is minimised: the sum of these terms. Default: what plugins add. */
  readonly losses: readonly LossSettings[];
  /** Plugins and listed entries, by name, that are left out though a preset lists them. Default: none. */
  readonly without: readonly string[];
  /** By name of a plugin or a listed entry: options that replace those the preset gave. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A term of a stage's loss: an entry with its options, and what every term can be told. */
export type LossSettings = Choice<Losses> & {
  /** Multiplies the term. Default 1. */
  readonly weight?: number;
  /** What reports call it. Default: the entry's name in camel case; an entry of several terms names them itself. */
  readonly term?: string;
};

/** Everything a run may be told. */
export interface Settings extends StageSettings {
  /** Default 0. */
  readonly seed: number;
  /** By role. A plain index, so that presets may name further roles (`member-1`). */
  readonly models: Readonly<Record<string, ModelSettings>>;
  /** The engine and its own options; its name alone is enough in a config. */
  readonly engine: EngineSettings;
  readonly watchdogs: WatchdogSettings;
  readonly checkpoints: CheckpointSettings;
  /** Whether a page about the run, `report.html`, is written at its end. Default true. */
  readonly report: boolean;
}

/** A checkpoint is due after every epoch, and within long ones. */
export interface CheckpointSettings {
  /** How many of the newest are kept, beside the best of each stage. Default 3. */
  readonly keep: number;
  /** Also within an epoch, when so many minutes have passed since the last one. Default 10; `null` for never. */
  readonly minutes: number | null;
  /** Also within an epoch, after so many steps since the last one. Default `null`: never. */
  readonly steps: number | null;
}

/** `auto`: the first that can run. */
type EngineName = "auto" | (keyof Engines & string) | (string & {});
type EngineSettings = { readonly name: EngineName } | Choice<Engines>;

/** Every key optional, at every depth; lists are whole. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T;

/** What a preset, a config file or the command line may say: any setting, and any setting of a named stage. */
export type Config = DeepPartial<Omit<Settings, "engine">> & {
  readonly engine?: EngineName | DeepPartial<EngineSettings>;
  readonly stages?: Readonly<Record<string, DeepPartial<StageSettings>>>;
};

/** Frozen defaults; every layer of config is laid over them. */
export const defaults: Settings = deepFreeze<Settings>({
  enabled: true,
  epochs: 100,
  stepsPerEpoch: null,
  stepsPerTurn: 1,
  batchSize: 16,
  accumulate: 1,
  seed: 0,
  engine: { name: "auto" },
  checkpoints: { keep: 3, minutes: 10, steps: null },
  report: true,
  models: {},
  data: null,
  optimizer: {
    name: "sgd",
    learningRate: 0.01,
    schedule: { name: "constant" },
    weightDecay: 0,
    decayNormsAndBiases: true,
    newLayersFactor: 1,
    freeze: null,
    groups: [],
    clipNorm: null,
  },
  input: {
    resize: 512,
    fit: "shorter",
    pad: 0,
    crop: 448,
    flip: 0.5,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  },
  evaluation: evaluationDefaults,
  export: "last",
  augmenters: [],
  teachers: [],
  losses: [],
  without: [],
  options: {},
  watchdogs: watchdogDefaults,
});

/** One source of settings: the preset, its scale, a file, the command line. */
export interface SettingsLayer {
  /** As `fgkd config` names it. */
  readonly origin: string;
  readonly config: Config;
}

/** @deprecated Called {@link SettingsLayer} now, since networks are made of layers too; goes with the next version. */
export type Layer = SettingsLayer;

/** Settings of the run and of each stage, with the origin of every value by its path. */
export interface ResolvedConfig {
  readonly run: Settings;
  readonly stages: Readonly<Record<string, Settings>>;
  readonly origins: ReadonlyMap<string, string>;
  /** A line for each setting that was given by an old name. */
  readonly renamed: readonly string[];
}

/**
 * Lays the layers over the defaults, later ones on top. Within a layer, what it says of a stage is on top of what it
 * says in general; a later layer's general word still beats an earlier layer's word on a stage.
 *
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_CONFIG, FGKD_UNKNOWN_NAME (a stage that the preset does not have),
 *   FGKD_INVALID_NAME (a role that could not name a file)
 */
export function resolveConfig(stageNames: readonly string[], given: readonly SettingsLayer[]): ResolvedConfig {
  const named = given.map(({ origin, config }) => ({ origin, ...withNewNames(config, origin) }));
  const layers = named.map(({ origin, config }): SettingsLayer => ({ origin, config }));
  for (const { origin, config } of layers) checkConfig(config, stageNames, origin);
  const origins = new Map<string, string>();
  const all = [{ origin: "default", config: defaults as Config }, ...layers];
  const run = layOver(
    all.map(({ origin, config }) => ({ origin, config: withoutStages(config) })),
    "",
    origins,
  );
  checkNames("model role", Object.keys(run.models));
  const stages = stageNames.map((stage) => {
    const own = all.flatMap(({ origin, config }) => [
      { origin, config: withoutStages(config) },
      { origin, config: config.stages?.[stage] ?? {} },
    ]);
    return [stage, layOver(own, `stages.${stage}.`, origins)] as const;
  });
  return deepFreeze({ run, stages: Object.fromEntries(stages), origins, renamed: named.flatMap(({ words }) => words) });
}

/** What a layer says of the run, the short form of the engine written out. */
function withoutStages({ stages: _, ...config }: Config): Config {
  return typeof config.engine === "string" ? { ...config, engine: { name: config.engine } } : config;
}

function layOver(layers: readonly SettingsLayer[], prefix: string, origins: Map<string, string>): Settings {
  // `defaults` is the first layer and complete, so the sum is.
  const sum = layers.reduce<object>(
    (below, { origin, config }) => merge(below, config, (path) => origins.set(prefix + path, origin)),
    {},
  ) as Settings;
  const models = likeOthers(sum.models, layers, (path, from) => {
    const origin = origins.get(prefix + from);
    if (origin !== undefined) origins.set(prefix + path, origin);
  });
  // Another rule's options go with its name; what all rules share does not.
  return { ...sum, models, optimizer: { ...defaults.optimizer, ...sum.optimizer } };
}
