import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createOptimizer, createTraining, Parameters } from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

interface GoldenCase {
  readonly options: Readonly<Record<string, number | boolean>> & { readonly learningRate: number };
  readonly start: number[];
  readonly gradients: number[][];
  readonly weights: number[][];
  readonly learningRates: number[];
}

const golden = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8"));
const cases = ["sgd", "adam", "adamw"].flatMap((name) =>
  (golden[name] as GoldenCase[]).map((entry) => ({ name, options: JSON.stringify(entry.options), entry })),
);

const rule = (name: string, options: object = {}) =>
  createTraining({ plugins: [optimizers()] }).optimizers.choose({ name, ...options });

describe.each(engineNames)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(cases)("$name with $options takes PyTorch's steps", ({ name, entry }) => {
    const { learningRate: _, weightDecay = 0, ...options } = entry.options;
    const parameters = new Parameters();
    const weight = parameters.weight("w", [entry.start.length], "plain", () => Float32Array.from(entry.start));
    const settings = { weightDecay: weightDecay as number };
    const optimizer = createOptimizer(rule(name, options), settings, parameters);
    entry.gradients.forEach((gradient, step) => {
      const w = tf.tensor1d(gradient);
      expect(() => optimizer.apply({ w }, entry.learningRates[step] as number)).not.toLeak();
      expect(weight).toBeAllclose(entry.weights[step] as number[], { relative: 2e-6, absolute: 2e-7 });
      w.dispose();
    });
    optimizer.dispose();
    parameters.dispose();
  });
});

describe("the optimisers' options", () => {
  test.each([
    ["sgd", { momentum: 1 }, '[optimizer sgd] option "momentum" must be in [0, 1)'],
    ["sgd", { nesterov: true }, '[optimizer sgd] option "nesterov" must be false without momentum'],
    ["adam", { beta1: 1 }, '[optimizer adam] option "beta1" must be in [0, 1)'],
    ["adamw", { beta2: -0.1 }, '[optimizer adamw] option "beta2" must be in [0, 1)'],
    ["adamw", { epsilon: 0 }, '[optimizer adamw] option "epsilon" must be greater than 0'],
    ["adam", { momentum: 0.9 }, '[optimizer adam] has no option "momentum"'],
  ])("%s refuses %j", (name, options, message) => {
    expect(() => rule(name, options)).toThrow(message);
  });
  test("default to PyTorch's", () => {
    expect(rule("sgd").slots).toEqual([]);
    expect(rule("sgd", { momentum: 0.9 }).slots).toEqual(["momentum"]);
    expect(rule("adam").slots).toEqual(["mean", "square"]);
  });
});
