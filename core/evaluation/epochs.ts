/** What becomes of the epochs of a stage: measured, the best chosen, and, when it ends, what its weights are worth. */
import type { InputSettings, Source, Split } from "../data/source.js";
import type { Model } from "../models/model.js";
import type { Metrics } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import type { NamedArray } from "../values/named-array.js";
import { type EpochSummary, need } from "../values/records.js";
import { evaluate } from "./evaluate.js";
import { chooseMetrics, type Metric, namesOf } from "./metric.js";
import { type EvaluationSettings, isDue, planEvaluation } from "./settings.js";
import { testViews } from "./test-time.js";

/** The best epoch of a stage so far, and its weights where these are to be exported. */
export interface BestEpoch {
  /** Counted from 0. */
  readonly epoch: number;
  /** In percent, on the split that chooses. */
  readonly accuracy: number;
  /** Of the model then, in public layout; while they are needed. */
  readonly weights?: ReadonlyMap<string, NamedArray>;
}

/** The part of a training that measuring it depends on. */
export interface MeasuredTraining {
  readonly stage: string;
  readonly metrics: Registry<Metrics, Metric>;
  /** Told what goes on, so that a test that hangs is found out. */
  readonly activity: {
    readonly position: string;
    moveTo(position: string): void;
    during<T>(action: string, work: () => T): T;
  };
  readonly config: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly input: InputSettings;
    readonly evaluation: EvaluationSettings;
    readonly export: "last" | "best";
  };
}

export interface EpochMeasures {
  /** What the model is worth now, where the epoch is one to be measured. */
  measure(model: Model, epoch: number): Promise<Pick<EpochSummary, "metrics" | "split">>;
  /**
   * Whether the epoch that has just ended is the best so far, of equal ones the first, and whether it is the last: patience may be at
   * its end. After the last one it leaves the best
   * weights in the model where these are to be exported, and looks at test images, which have decided nothing.
   *
   * @param before the best of the epochs before
   */
  settle(model: Model, ended: EpochSummary, before: BestEpoch | undefined, isLast: boolean): Promise<Settled>;
}

interface Settled {
  /** Of all epochs so far. */
  readonly best?: BestEpoch;
  readonly isLast: boolean;
  /** What the epoch's summary says of it. */
  readonly told: Pick<EpochSummary, "best" | "exported" | "test">;
}

/**
 * @param measured the model with the weights that are measured, of the one that is trained
 * @throws as `chooseMetrics`, `planEvaluation` and `testViews` do
 */
export function measureEpochs(
  training: MeasuredTraining,
  role: string,
  source: Source,
  measured: (model: Model) => Model = (model) => model,
): EpochMeasures {
  const { stage, config, activity } = training;
  const { epochs, evaluation } = config;
  const metric = chooseMetrics(training.metrics, evaluation.metrics);
  const plan = planEvaluation(stage, config, source, namesOf(metric));
  const { input, answer } = testViews(evaluation.testTime, config.input, `stage "${stage}"`);
  const measureOn = async (model: Model, split: Split): Promise<Record<string, number>> => {
    const predict = answer((batch) => need(model.forward(batch, "eval"), "logits", role));
    const onBatch = () => activity.moveTo(activity.position);
    const options = { split, batchSize: config.batchSize, input, metrics: [metric], onBatch };
    const { metrics } = await activity.during("the test", () => evaluate(predict, source, options));
    // The next step changes what it follows from.
    model.parameters.forgetDerived();
    return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
  };
  const choose = async (model: Model, { epoch, metrics }: EpochSummary, before: BestEpoch | undefined) => {
    const { accuracy } = metrics;
    if (!plan.chooses || accuracy === undefined || !isDue(epoch, epochs, evaluation)) return undefined;
    if (before && accuracy <= before.accuracy) return undefined;
    return { epoch, accuracy, ...(config.export === "best" && { weights: await measured(model).parameters.export() }) };
  };
  const conclude = async (model: Model, best: BestEpoch | undefined) => {
    if (best?.weights) model.parameters.import(best.weights);
    model.parameters.forgetDerived();
    return {
      ...(best?.weights && { exported: best.epoch }),
      // What was chosen is in the model itself now, whichever weights were measured.
      ...(plan.testsAtEnd && { test: await measureOn(best?.weights ? model : measured(model), "test") }),
    };
  };
  return {
    measure: async (model, epoch) => {
      if (plan.split === null || !isDue(epoch, epochs, evaluation)) return { metrics: {} };
      const metrics = await measureOn(measured(model), plan.split);
      // An accuracy that says nothing of a split was measured on the test split.
      const isUsual = plan.split === "test" && metrics.accuracy !== undefined;
      return { metrics, ...(!isUsual && { split: plan.split }) };
    },
    settle: async (model, ended, before, isLastAnyway) => {
      const chosen = await choose(model, ended, before);
      const best = chosen ?? before;
      const isLast = isLastAnyway || isPatienceOver(ended, best, evaluation);
      const conclusion = isLast && (await conclude(model, best));
      return { ...(best && { best }), isLast, told: { ...(chosen && { best: true }), ...conclusion } };
    },
  };
}

/** At an epoch that could have been the best. A pure function of what a checkpoint holds: it resumes by itself. */
function isPatienceOver(
  { epoch, metrics }: Pick<EpochSummary, "epoch" | "metrics">,
  best: BestEpoch | undefined,
  { patience }: Pick<EvaluationSettings, "patience">,
): boolean {
  return patience !== null && best !== undefined && metrics.accuracy !== undefined && epoch - best.epoch >= patience;
}
