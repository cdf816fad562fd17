/** What a model answered on a split, measured: the numbers behind `fgkd eval`, fed batch by batch. */
import type { Ranks } from "../data/source.js";
import type { Scores } from "../evaluation/metric.js";
import { meanOverClasses } from "../evaluation/unasked.js";
import { type Confusion, type ConfusionCell, countConfusion } from "./confusion.js";
import { rankOf } from "./ranking.js";
import { type Calibration, createReliability } from "./reliability.js";
import { type Share, shareOf } from "./share.js";

/** Accuracy on a rank above the classes. */
export interface RankShare extends Share {
  /** `family`, say. */
  readonly rank: string;
  /** How many groups of classes it has. */
  readonly groups: number;
}

export interface AnswerMeasures extends Omit<Confusion, "cells"> {
  readonly images: number;
  readonly top1: Share;
  /** Images whose class is among the five likeliest; `null` where there are no more than five classes. */
  readonly top5: Share | null;
  /** Mean of the accuracies of the classes that have images, in percent. */
  readonly macroAccuracy: number;
  readonly calibration: Calibration;
  readonly ranks: readonly RankShare[];
  readonly confusion: readonly ConfusionCell[];
}

export interface MeasuredAnswers {
  add(scores: Scores): void;
  result(): AnswerMeasures;
  /** `[images]` in the order of the pass: positions of the true classes, and of those that were answered. */
  readonly labels: readonly number[];
  readonly answers: readonly number[];
}

export interface AnswersOptions {
  /** Names in label order. */
  readonly classes: readonly string[];
  /** Default: none. */
  readonly ranks?: Ranks;
}

/** Guesses that top-5 accuracy gives a model. */
const GUESSES = 5;

/** Holds counts, and two numbers for each image; no scores. */
export function measureAnswers({ classes, ranks = {} }: AnswersOptions): MeasuredAnswers {
  const labels: number[] = [];
  const answers: number[] = [];
  const confusion = countConfusion(classes);
  const reliability = createReliability();
  let amongFive = 0;
  return {
    labels,
    answers,
    add: (scores) =>
      scores.labels.forEach((label, row) => {
        const answer = scores.predictions[row] as number;
        const [from, to] = [row * scores.classes, (row + 1) * scores.classes];
        labels.push(label);
        answers.push(answer);
        confusion.add(label, answer);
        if (rankOf(label, scores.logits.subarray(from, to)) < GUESSES) amongFive += 1;
        reliability.add(scores.probabilities[from + answer] as number, label === answer);
      }),
    result: () => {
      const { cells, perClass, pairs } = confusion.result();
      const right = perClass.reduce((sum, one) => sum + one.right, 0);
      return {
        images: labels.length,
        top1: shareOf(right, labels.length),
        top5: classes.length > GUESSES ? shareOf(amongFive, labels.length) : null,
        macroAccuracy: meanOverClasses(perClass.map(({ right, images }) => ({ correct: right, images }))),
        calibration: reliability.result(),
        ranks: Object.entries(ranks).map(([rank, groups]) => rankShare(rank, groups, cells)),
        perClass,
        pairs,
        confusion: cells,
      };
    },
  };
}

/** An answer is right on a rank where its group is that of the true class. */
function rankShare(rank: string, groups: readonly string[], cells: readonly ConfusionCell[]): RankShare {
  let [right, images] = [0, 0];
  for (const [label, answer, of] of cells) {
    images += of;
    if (groups[label] === groups[answer]) right += of;
  }
  return { rank, groups: new Set(groups).size, ...shareOf(right, images) };
}

/** Images on which two models answer the same, right or wrong: what a student has taken over from its teacher. */
export function agreementOf(first: ArrayLike<number>, second: ArrayLike<number>): Share {
  let same = 0;
  for (let image = 0; image < first.length; image++) if (first[image] === second[image]) same += 1;
  return shareOf(same, first.length);
}
