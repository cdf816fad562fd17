/** All that a calibration is fitted to: how sure a model may be, and when it had better be silent. */
import type { Ranks } from "../data/source.js";
import { largest, probabilitiesOf } from "../evaluation/scores.js";
import { type FittedRule, fitRule } from "./answering.js";
import { type Coverage, countCoverage } from "./coverage.js";
import { fitTemperature, type LabelledScores, type TemperatureFit } from "./temperature.js";

export interface CalibrateOptions {
  /** Names in label order. */
  readonly classes: readonly string[];
  /** The share of answers that may be wrong, between 0 and 1. */
  readonly error: number;
  /** What an uncertain model may fall back on. Default: nothing. */
  readonly ranks?: Ranks;
}

export interface CalibratedScores {
  readonly temperature: TemperatureFit;
  readonly answers: FittedRule;
  /** What the rule comes to on the images that it was fitted on. */
  readonly coverage: Coverage;
}

/** Fits a temperature, then, on the probabilities that it makes, from which one on each class is answered. */
export function calibrateScores(scores: LabelledScores, { classes, error, ranks }: CalibrateOptions): CalibratedScores {
  const temperature = fitTemperature(scores);
  const { rows, labels, gives } = scores;
  const probabilities = rows.map((row) => probabilitiesOf(row, gives, temperature.temperature));
  const predicted = rows.map(largest);
  const answers = fitRule({ probabilities, answers: predicted, labels }, classes.length, error, ranks);
  const coverage = countCoverage(answers.rule, classes);
  probabilities.forEach((own, image) => {
    coverage.add(own, predicted[image] as number, labels[image] as number);
  });
  return { temperature, answers, coverage: coverage.result() };
}
