/** The models of an opened run on its images: what they answer, and what that comes to. */
import * as tf from "@tensorflow/tfjs";
import {
  agreementOf,
  type CountedCoverage,
  calibrationFor,
  chooseMetrics,
  countCoverage,
  type Ensembler,
  evaluate,
  type FoundModel,
  invalidData,
  type Metric,
  type Model,
  measureAnswers,
  mergedPrediction,
  namedList,
  type Predict,
  pathProblem,
  type Run,
  type Scores,
  type Share,
  type Split,
  type TestedSource,
  type Training,
  testViews,
} from "../../index.js";
import type { EvalArguments } from "../arguments.js";

export interface TeacherAgreement {
  readonly model: string;
  /** Images on which it answers as the tested model does. */
  readonly agreement: Share;
  /** Its own accuracy on them. */
  readonly top1: Share;
}

/** What the models of a run are tested on. */
export interface Asked {
  readonly run: Run;
  readonly source: TestedSource;
  /** Positions of the classes that are asked for; `undefined` for all. */
  readonly kept: readonly number[] | undefined;
  readonly split: Split;
  readonly given: EvalArguments;
  modelOf(found: FoundModel): Model;
}

export async function testModels(
  models: readonly FoundModel[],
  { run, source, kept, split, given, modelOf }: Asked,
  onScores: (scores: Scores, source: TestedSource) => void = () => {},
) {
  const roles = models.map(({ role }) => role);
  const training = stageOf(run, roles.at(-1));
  const { batchSize, input, evaluation } = training.config;
  const testTime = given.tta === undefined ? evaluation.testTime : given.tta === "none" ? null : given.tta;
  const views = testViews(testTime, input, "fgkd eval");
  const measured = measureAnswers(source);
  const members = models.map((found) => ({ role: found.role, model: modelOf(found) }));
  const merge = members.length > 1 ? training.ensemblers.choose({ name: given.ensembler }) : undefined;
  const way = { models: models.map(({ name }) => name), ensembler: merge ? given.ensembler : null, testTime };
  const calibration = given.uncalibrated || kept ? undefined : calibrationFor(models, way, run.classes.length);
  const coverage = calibration && countCoverage(calibration, run.classes);
  const answer = mergedPrediction(members, views, merge);
  const predict: Predict = kept ? (batch) => tf.tidy(() => answer(batch).gather([...kept], 1)) : answer;
  const { images, metrics } = await evaluate(predict, source, {
    split,
    batchSize,
    input: views.input,
    metrics: metricsOf(training, merge?.gives),
    gives: merge?.gives,
    ...(calibration && { temperature: calibration.temperature }),
    onBatch: (scores) => {
      measured.add(scores);
      if (coverage) addAnswers(coverage, scores);
      onScores(scores, source);
    },
  });
  if (images === 0)
    throw invalidData(
      "--only-classes",
      `none of the ${split} images is of ${namedList(source.classes, 5)}`,
      "Name others.",
    );
  const { labels, answers } = measured;
  const calibrated =
    calibration && coverage
      ? { temperature: calibration.temperature, error: calibration.error, coverage: coverage.result() }
      : null;
  return { testTime, gives: merge?.gives, measures: measured.result(), calibrated, metrics, labels, answers };
}

function addAnswers(coverage: CountedCoverage, { probabilities, predictions, labels, classes }: Scores): void {
  for (const [row, label] of labels.entries())
    coverage.add(probabilities.subarray(row * classes, (row + 1) * classes), predictions[row] as number, label);
}

/** The teacher on the same images, each in the way that its own tests look at them. */
export async function teacherAgreement(
  teacher: FoundModel,
  answers: readonly number[],
  asked: Asked,
): Promise<TeacherAgreement> {
  const { tta: _, ...given } = asked.given;
  const its = await testModels([teacher], { ...asked, given });
  return { model: teacher.name, agreement: agreementOf(answers, its.answers), top1: its.measures.top1 };
}

/** Where the model's images come from, and how they are looked at: as the stage that trained it does, or else the last. */
export function stageOf({ stages, preset }: Run, role: string | undefined): Training {
  const trained = stages.findLast(({ stage }) => preset.stages[stage]?.trains === role) ?? stages.at(-1);
  if (trained) return trained;
  throw pathProblem("fgkd eval", "the run has no stage that is enabled", "Give another run.");
}

/** Those of the stage; where scores are no logits, accuracy alone: a loss would say nothing of them. */
function metricsOf({ metrics, config }: Training, gives: Ensembler["gives"]): readonly Metric[] {
  return [chooseMetrics(metrics, gives === "shares" ? [{ name: "top-1" }] : config.evaluation.metrics)];
}
