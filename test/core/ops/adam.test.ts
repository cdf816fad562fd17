import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { adamStep } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

describe.each(engineNames)("a step of Adam on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  const [parameter, gradient, mean, square] = [
    [1, -2],
    [0.5, 1],
    [0.2, 0],
    [0.04, 0],
  ] as const;
  const usual = {
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    decoupled: false,
    count: 3,
  };
  const step = (options: Partial<typeof usual> = {}) =>
    adamStep(
      tf.tensor1d([...parameter]),
      tf.tensor1d([...gradient]),
      { mean: tf.tensor1d([...mean]), square: tf.tensor1d([...square]) },
      { ...usual, ...options },
    );

  /** In double precision, a number at a time. */
  const expected = (at: 0 | 1, { weightDecay, decoupled, count, epsilon }: typeof usual) => {
    const direction = gradient[at] + (decoupled ? 0 : weightDecay * parameter[at]);
    const newMean = 0.9 * mean[at] + 0.1 * direction;
    const newSquare = 0.99 * square[at] + 0.01 * direction ** 2;
    const kept = parameter[at] * (decoupled ? 1 - 0.1 * weightDecay : 1);
    const [first, second] = [newMean / (1 - 0.9 ** count), newSquare / (1 - 0.99 ** count)];
    return { mean: newMean, square: newSquare, parameter: kept - (0.1 * first) / (Math.sqrt(second) + epsilon) };
  };

  test.each([
    ["moves by the corrected means", {}],
    ["corrects the first step most", { count: 1 }],
    ["adds the decay to the gradient", { weightDecay: 0.5 }],
    ["takes the decay off the parameter where it is decoupled", { weightDecay: 0.5, decoupled: true }],
    ["moves less where epsilon is large", { epsilon: 1 }],
  ] as const)("%s", (_, options) => {
    const wanted = ([0, 1] as const).map((at) => expected(at, { ...usual, ...options }));
    const moved = step(options);
    for (const name of ["parameter", "mean", "square"] as const)
      expect(moved[name]).toBeAllclose(wanted.map((value) => value[name]));
  });
});
