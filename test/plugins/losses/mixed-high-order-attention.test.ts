import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { gradientError } from "../../../core/testing/index.js";
import {
  attend,
  attentionOf,
  attentionWeights,
  type Declare,
} from "../../../plugins/losses/mixed-high-order-attention.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

/** Collects what is declared, without variables. */
function declared(channels: number, order: number) {
  const all: tf.Tensor[] = [];
  const declare: Declare = (_name, shape, start) => {
    const tensor = tf.tensor(start(shape), [...shape]);
    all.push(tensor);
    return tensor;
  };
  return { weights: attentionWeights(declare, createRandom(0), channels, order), all };
}

describe.each(engineNames)("mixed high-order attention on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each([
    [64, 9_216],
    [128, 36_864],
    [256, 147_456],
    [512, 589_824],
  ])("of order 3 on %d channels has %d weights", (channels, expected) => {
    const { all } = declared(channels, 3);
    expect(all).toHaveLength(9);
    expect(all.reduce((sum, { size }) => sum + size, 0)).toBe(expected);
  });

  test("multiplies as many projections as the order says, element by element", () => {
    const ones = (shape: [number, number, number, number], value: number) => tf.fill<tf.Rank.R4>(shape, value);
    const weights = {
      projections: [[ones([1, 1, 1, 1], 2)], [ones([1, 1, 1, 1], 2), ones([1, 1, 1, 1], 3)]],
      expansions: [ones([1, 1, 1, 1], 1), ones([1, 1, 1, 1], 0.5)],
    };
    const map = tf.tensor4d([1, -1], [1, 1, 2, 1]);
    // Orders give relu(2x) and relu(2x·3x)/2: (2, 3) at 1, (0, 3) at −1.
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const mean = [(sigmoid(2) + sigmoid(3)) / 2, (sigmoid(0) + sigmoid(3)) / 2];
    expect(attentionOf(map, weights, "mean-of-sigmoids").flatten()).toBeAllclose(tf.tensor1d(mean), { absolute: 1e-6 });
    const summed = [sigmoid(5), sigmoid(3)];
    expect(attentionOf(map, weights, "sigmoid-of-sum").flatten()).toBeAllclose(tf.tensor1d(summed), { absolute: 1e-6 });
    const attended = [mean[0] as number, -(mean[1] as number)];
    expect(attend(map, weights, "mean-of-sigmoids").flatten()).toBeAllclose(tf.tensor1d(attended), { absolute: 1e-6 });
  });

  test("has the gradient that finite differences give", () => {
    const { weights } = declared(8, 2);
    const compute = (map: tf.Tensor) => attend(map as tf.Tensor4D, weights, "mean-of-sigmoids");
    expect(gradientError(compute, [tf.randomNormal([2, 3, 2, 8], 0, 1, "float32", 7)])).toBeLessThan(5e-3);
  });
});
