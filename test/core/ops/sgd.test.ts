import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { sgdStep } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

describe.each(engineNames)("a step of SGD on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  const step = (weightDecay: number, nesterov: boolean) =>
    sgdStep(tf.tensor1d([1, -2]), tf.tensor1d([0.5, 1]), tf.tensor1d([2, 0]), {
      learningRate: 0.1,
      momentum: 0.9,
      weightDecay,
      nesterov,
    });

  test("moves by the velocity", () => {
    expect(step(0, false).velocity).toBeAllclose([2.3, 1]);
    expect(step(0, false).parameter).toBeAllclose([1 - 0.23, -2 - 0.1]);
  });
  test("adds the decay to the gradient", () => {
    expect(step(0.5, false).velocity).toBeAllclose([2.8, 0]);
    expect(step(0.5, false).parameter).toBeAllclose([1 - 0.28, -2]);
  });
  test("looks ahead with Nesterov's momentum", () => {
    expect(step(0, true).velocity).toBeAllclose([2.3, 1]);
    expect(step(0, true).parameter).toBeAllclose([1 - 0.1 * (0.5 + 0.9 * 2.3), -2 - 0.1 * 1.9]);
  });
});
