/** The public face of fgkd: named exports only. The open interfaces are exported by name, so that merging works. */

export type {
  CheckpointSettings,
  Config,
  ConfigFile,
  EvaluationSettings,
  Layer,
  ResolvedConfig,
  Settings,
  StageSettings,
} from "./config.js";
export { defaults, defineConfig, resolveConfig } from "./config.js";
export type { Services } from "./container.js";
export { inject, LOGGER, MODELS, RANDOM } from "./container.js";
export type { Engine, EngineBuild, EngineCapabilities, EngineCheck, UsedEngine } from "./engine.js";
export * from "./errors.js";
export type { ClassAccuracy, EvaluateOptions, Evaluation } from "./evaluate.js";
export { evaluate } from "./evaluate.js";
export type { Artifacts } from "./files/artifacts.js";
export { readNewestCheckpoint, writeCheckpoint } from "./files/checkpoint.js";
export type { Manifest } from "./files/manifest.js";
export { engineOf, version } from "./files/manifest.js";
export type { StageResult } from "./files/result.js";
export { isBestSoFar, summarize } from "./files/result.js";
export type { Restored, RunFolder, RunRequest, SpentByStage } from "./files/run-folder.js";
export { createRunFolder, openRunFolder } from "./files/run-folder.js";
export type { NamedArray, TensorFile } from "./files/safetensors.js";
export { encodeSafetensors, readSafetensors } from "./files/safetensors.js";
export type { ThreadFile } from "./files/thread.js";
export { threadFile } from "./files/thread.js";
export type { TrainingHooks } from "./hooks.js";
export { describePosition } from "./hooks.js";
export type { LearningRateSchedule } from "./learning-rate.js";
export { learningRateAt } from "./learning-rate.js";
export type { Logger } from "./logger.js";
export { silentLogger } from "./logger.js";
export type { Initializer, Layout, Mode, Model, Want } from "./model.js";
export { Parameters } from "./model.js";
export type { ModelSettings, Models, Role } from "./models.js";
export type { Optimizer, OptimizerSettings, Update, UpdateRule } from "./optimizer.js";
export { createOptimizer } from "./optimizer.js";
export type { Plugin, PluginDefinition, PluginOption } from "./plugin.js";
export { definePlugin, flattenPlugins } from "./plugin.js";
export type { Preset, Scale, Stage, StageOverrides } from "./preset.js";
export { definePreset } from "./preset.js";
export type { PresetDefinition } from "./presets/options.js";
export { configurePreset, definePresetWithOptions } from "./presets/options.js";
export type { Random, RandomStreams } from "./random.js";
export { createRandom, createRandomStreams } from "./random.js";
export type {
  Augmenter,
  Augmenters,
  Backbones,
  Choice,
  Engines,
  Ensembler,
  Ensemblers,
  Entry,
  EntryClass,
  FactoryContext,
  Loss,
  Losses,
  Optimizers,
  Registry,
  Sources,
} from "./registry.js";
export type { Run, RunOptions, RunState, Spent } from "./run.js";
export { createRun, presetLayers, train } from "./run.js";
export type { Steps } from "./schedule.js";
export { alternate, sequence } from "./schedule.js";
export type { InputSettings, Pass, Source, SourceOpener, Split } from "./source.js";
export type { Json, SavedState, Stateful, StateRegister } from "./state.js";
export type { Training } from "./training.js";
export { createTraining } from "./training.js";
export type { Batch, EpochReport, EpochSummary, LossTerms, NormInput, Outputs, Step, StepReport } from "./types.js";
export { need, release, replace } from "./types.js";
export { checkPlain, isRefusedKey } from "./untrusted/plain.js";
export { checkPreset } from "./untrusted/preset.js";
export type { Activity } from "./watchdogs/activity.js";
export type { WatchdogSettings } from "./watchdogs/settings.js";
