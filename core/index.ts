/** The public face of fgkd: named exports only. The open interfaces are exported by name, so that merging works. */

export { adviseData, adviseRun, type DataFacts } from "./advice/advise.js";
export { type AskedCandidate, type AskingOptions, askCandidate } from "./advice/ask-candidate.js";
export { inputOf, isBalanced, originOf } from "./advice/contestant.js";
export type {
  Advice,
  ClassFacts,
  Contestant,
  InputFacts,
  PictureFacts,
  RunFacts,
  StageFacts,
} from "./advice/facts.js";
export { mixedPairs } from "./advice/mixing.js";
export { measurePictures } from "./advice/pictures.js";
export { type Candidate, type RankedCandidate, rankCandidates } from "./advice/teachers.js";
export { taughtPairs } from "./advice/teaching.js";
export type {
  CheckpointSettings,
  Config,
  Layer,
  LossSettings,
  ResolvedConfig,
  Settings,
  SettingsLayer,
  StageSettings,
} from "./config/config.js";
export { defaults, resolveConfig } from "./config/config.js";
export type { ModelSettings } from "./config/model-settings.js";
export type { Plugins, Presets } from "./config/typed.js";
export type { GivenBatch, GivenImage } from "./data/given.js";
export { onlyClasses } from "./data/only-classes.js";
export { prepareSource } from "./data/prepared.js";
export type { ClassCount, DataCheck, DataReport, Duplicates, Placed, SizedImage } from "./data/report.js";
export type {
  ChosenTransform,
  ImageFacts,
  InputSettings,
  Pass,
  Ranks,
  Rectangle,
  Source,
  SourceOpener,
  Split,
  TestedSource,
} from "./data/source.js";
export { countIn, splits, stepsPerEpoch } from "./data/source.js";
export type { ClassAccuracy, EvaluateOptions, Evaluation } from "./evaluation/evaluate.js";
export { evaluate } from "./evaluation/evaluate.js";
export type { Accumulator, Metric, Scores } from "./evaluation/metric.js";
export { chooseMetrics } from "./evaluation/metric.js";
export { scoresOf } from "./evaluation/scores.js";
export type { EvaluationSettings } from "./evaluation/settings.js";
export { countDue, splitToMeasure } from "./evaluation/settings.js";
export type { Predict, TestTime, TestViews } from "./evaluation/test-time.js";
export { testViews, viewCounts } from "./evaluation/test-time.js";
export type { Explained, ExplainOptions, Maps } from "./explanation/explain.js";
export { explain } from "./explanation/explain.js";
export { gradCam, gradCamPlusPlus } from "./explanation/gradient-maps.js";
export type {
  ExplainedImage,
  Explainer,
  Explanation,
  HeatMap,
  LoadExplainerOptions,
} from "./explanation/load-explainer.js";
export { loadExplainer } from "./explanation/load-explainer.js";
export type { ExplainMethod, ExplainMethodName, Looking } from "./explanation/methods.js";
export { explainMethods } from "./explanation/methods.js";
export { attentionRollout } from "./explanation/rollout.js";
export type { ExportAbout, ExportedPreprocessing } from "./export/about.js";
export type { ExportOptions, ExportReport } from "./export/export-model.js";
export { exportModel } from "./export/export-model.js";
export type { AskedModel, Exporter, ExportSubject } from "./export/exporter.js";
export { exporters } from "./export/exporters.js";
export type { Parity } from "./export/parity.js";
export { openTensorFile } from "./formats/open-tensor-file.js";
export type { TensorContent } from "./formats/safetensors.js";
export { encodeSafetensors, readSafetensors } from "./formats/safetensors.js";
export type { TensorEntry, TensorFile } from "./formats/tensor-file.js";
export type { Attribute, Count, Graph, GraphConstant, GraphNode, GraphValue } from "./graph/graph.js";
export type { FetchProgress } from "./hub/download.js";
export type { FetchedFile, Hub, HubOptions } from "./hub/hub.js";
export { createHub } from "./hub/hub.js";
export { isReference } from "./hub/reference.js";
export { cacheFolder } from "./hub/settings.js";
export { createRunScope, createTraining } from "./lifecycle/compose.js";
export type { EntryDefinition, EntryPlugin, LossLineOptions, StageContext } from "./lifecycle/define-entry.js";
export { defineAugmenter, defineLoss, defineTeacher } from "./lifecycle/define-entry.js";
export { describePosition } from "./lifecycle/hooks.js";
export type { PluginDefinition, PluginOption } from "./lifecycle/plugin.js";
export { definePlugin, flattenPlugins } from "./lifecycle/plugin.js";
export type { Registries } from "./lifecycle/registries.js";
export type { Steps } from "./lifecycle/schedule.js";
export { alternate, sequence } from "./lifecycle/schedule.js";
export type { Plugin, RunScope, Training, TrainingHooks } from "./lifecycle/training.js";
export type { Answer, AnswerRule, FittedRule, RankRule } from "./measures/answering.js";
export type { AnswerMeasures, AnswersOptions, MeasuredAnswers, RankShare } from "./measures/answers.js";
export { agreementOf, measureAnswers } from "./measures/answers.js";
export type { CalibratedScores, CalibrateOptions } from "./measures/calibrate.js";
export { calibrateScores } from "./measures/calibrate.js";
export type { ClassMeasure, ConfusedPair, ConfusionCell } from "./measures/confusion.js";
export type { CountedCoverage, Coverage } from "./measures/coverage.js";
export { countCoverage } from "./measures/coverage.js";
export type { Comparison, PairedAnswers } from "./measures/paired.js";
export { comparePaired, holm, mcnemarExact } from "./measures/paired.js";
export { imagesToSettle } from "./measures/power.js";
export type { FoundRates, RatedLoss } from "./measures/range-test.js";
export { findRates } from "./measures/range-test.js";
export { bestOf, rankOf } from "./measures/ranking.js";
export type { Calibration, Reliability, ReliabilityBin } from "./measures/reliability.js";
export { createReliability, usualBins } from "./measures/reliability.js";
export type { Interval, Share } from "./measures/share.js";
export { differenceInterval, shareOf, wilsonInterval } from "./measures/share.js";
export type { CollectedScores, LabelledScores, TemperatureFit, Trust } from "./measures/temperature.js";
export { collectScores } from "./measures/temperature.js";
export { createTopRatios, type TopRatio, type TopRatios } from "./measures/top-ratio.js";
export { fitsModel } from "./models/fitting.js";
export type {
  AnsweringTokens,
  Mode,
  Model,
  ModelInput,
  ModelMap,
  Models,
  PartialModelInput,
  Role,
  Want,
  WeightsAdapter,
} from "./models/model.js";
export type { Initializer, Layout } from "./models/parameters.js";
export { Parameters } from "./models/parameters.js";
export type { PublicWeights } from "./models/public-weights.js";
export type { Precision } from "./onnx/precision.js";
export { precisions } from "./onnx/precision.js";
export type { Engine, EngineBuild, EngineCapabilities, EngineCheck, EngineDevice, UsedEngine } from "./ops/engine.js";
export { startEngine } from "./ops/engine.js";
export { repeated } from "./passes/repeated-function.js";
export type { ModelCalibration, WayOfAsking } from "./prediction/calibration.js";
export { calibrationFor, calibrationsOf, keepCalibration } from "./prediction/calibration.js";
export type { FoundModel } from "./prediction/find-models.js";
export { findModels } from "./prediction/find-models.js";
export type { Guess, LoadedModel, LoadModelOptions, Prediction, PredictOptions } from "./prediction/load-model.js";
export { loadModel } from "./prediction/load-model.js";
export type { NamedModel } from "./prediction/merged.js";
export { mergedPrediction } from "./prediction/merged.js";
export { ARTIFACTS, CLASSES, inject, LOGGER, MODELS, RANDOM, STAGE } from "./registries/container.js";
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
  Foreseen,
  Loss,
  Losses,
  Metrics,
  Needs,
  Optimizers,
  ParameterGroups,
  Schedules,
  Sources,
  Teacher,
  Teachers,
  Transform,
  Transforms,
} from "./registries/entry.js";
export type { Chosen, Registry } from "./registries/registry.js";
export type { Services } from "./registries/services.js";
export { smallMaps } from "./report/maps.js";
export { reportPage } from "./report/page.js";
export { smallPictures } from "./report/pictures.js";
export { readReportedRun } from "./report/read-run.js";
export type {
  ReportedAnswers,
  ReportedComparison,
  ReportedImage,
  ReportedModel,
  ReportedPair,
  ReportedRun,
  ReportedSetting,
  ReportedStage,
} from "./report/subject.js";
export { keepTold, writePage } from "./report/told.js";
export { watchAnswers } from "./report/watch-answers.js";
export type { NeededRun, Plan, WantedRuns } from "./reproduction/cells.js";
export { planTable } from "./reproduction/cells.js";
export type { FigurePlan } from "./reproduction/figure.js";
export { planFigure } from "./reproduction/figure.js";
export { asFigurePage, figureMarkdown } from "./reproduction/figure-page.js";
export type { RunOutcome, TableOutcome } from "./reproduction/outcome.js";
export { tableOutcome } from "./reproduction/outcome.js";
export type { MadeWhere } from "./reproduction/written.js";
export { asJson, asMarkdown, asPage, columnHeads, notesOf, rowsOf } from "./reproduction/written.js";
export { checkPreset } from "./run/check-preset.js";
export type { ConfigFile } from "./run/config-file.js";
export { defineConfig } from "./run/config-file.js";
export type { InputDescription } from "./run/inputs.js";
export { configJsonSchema } from "./run/json-schema.js";
export type { Preset, Scale, Stage, StageOverrides } from "./run/preset.js";
export { definePreset, presetLayers, teacherRole } from "./run/preset.js";
export type { PresetDefinition } from "./run/preset-options.js";
export { configurePreset, definePresetWithOptions } from "./run/preset-options.js";
export type {
  PublishedColumn,
  PublishedFigure,
  PublishedRow,
  PublishedRun,
  PublishedScan,
  PublishedTable,
} from "./run/published.js";
export type { Run, RunOptions } from "./run/run.js";
export { checkRun, createRun } from "./run/run.js";
export type { RunState, Spent } from "./run/run-state.js";
export { withSetSettings } from "./run/set-settings.js";
export type { StartedEngine } from "./run/start-engine.js";
export { byPriority, startChosenEngine } from "./run/start-engine.js";
export { train } from "./run/train.js";
export type { WeightsFile } from "./run/weights-files.js";
export { isNamed } from "./run/weights-files.js";
export { readNewestCheckpoint, writeCheckpoint } from "./store/checkpoint.js";
export { convertWeights } from "./store/convert-weights.js";
export type { SeenLock } from "./store/lock.js";
export { lockPatience, lookAtLock } from "./store/lock.js";
export type { Manifest, SpentByStage } from "./store/manifest.js";
export { engineOf, version } from "./store/manifest.js";
export { refuseUsedPlace } from "./store/place.js";
export type { ChosenEpoch, StageResult } from "./store/result.js";
export { summarize } from "./store/result.js";
export type { RunRequest } from "./store/run-config.js";
export type { Restored, RunFolder } from "./store/run-folder.js";
export { createRunFolder, openRunFolder } from "./store/run-folder.js";
export { findTrainedModel } from "./store/trained-model.js";
export type { SeedGroup, Spread, TaskResult } from "./sweep/collected.js";
export { groupBySeed, metricsOf } from "./sweep/collected.js";
export type { SweepTask } from "./sweep/expand.js";
export { expandSweep } from "./sweep/expand.js";
export { kubernetesJob } from "./sweep/kubernetes.js";
export type { Sending } from "./sweep/slurm.js";
export { slurmCommands, slurmScript, stepsOf } from "./sweep/slurm.js";
export type { Sweep, SweepSettings } from "./sweep/sweep-file.js";
export { checkSweep, defineSweep } from "./sweep/sweep-file.js";
export { shortKeys, valueText } from "./sweep/task-names.js";
export type { Gradients } from "./update/gradients.js";
export { clipByNorm, notYet } from "./update/gradients.js";
export type { ParameterGroup, TrainedWeight, Treatment } from "./update/groups.js";
export type { HeldUpdate, Optimizer, OptimizerSettings } from "./update/optimizer.js";
export { createOptimizer } from "./update/optimizer.js";
export type { Update, UpdateRule } from "./update/rule.js";
export type { Course, Schedule } from "./update/schedule.js";
export type { Artifacts } from "./values/artifacts.js";
export { csvCell } from "./values/csv-cell.js";
export * from "./values/engine-errors.js";
export * from "./values/errors.js";
export * from "./values/export-errors.js";
export type { Logger } from "./values/logger.js";
export { silentLogger } from "./values/logger.js";
export type { NamedArray } from "./values/named-array.js";
export { checkPlain, isRefusedKey } from "./values/plain.js";
export type { Random, RandomStreams } from "./values/random.js";
export { createRandom, createRandomStreams } from "./values/random.js";
export type {
  Batch,
  EpochReport,
  EpochSummary,
  LossTerms,
  Normalisation,
  NormInput,
  Outputs,
  Step,
  StepReport,
  Updated,
} from "./values/records.js";
export { need, release, replace } from "./values/records.js";
export type { Described, OptionsOf, OptionsSchema } from "./values/schema.js";
export { describeOptions } from "./values/schema.js";
export type { Json, SavedState, Stateful, StateRegister } from "./values/state.js";
export type { SystemProblem } from "./values/storage-problems.js";
export { isPassing, systemProblem } from "./values/storage-problems.js";
export type { ThreadFile } from "./values/thread-file.js";
export { threadFile } from "./values/thread-file.js";
export * as wording from "./values/wording.js";
export { named, namedList, printable, shellWord, suggest, visible } from "./values/words.js";
export type { Activity } from "./watchdogs/activity.js";
export type { OwnTime } from "./watchdogs/own-time.js";
export { startOwnTime, withinOwnTime } from "./watchdogs/own-time.js";
export type { WatchdogSettings } from "./watchdogs/settings.js";
