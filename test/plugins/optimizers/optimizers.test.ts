import { beforeAll, describe, expect, test } from "vitest";
import { engineNames, startEngine } from "../../support/engines.js";
import { expectGoldenSteps, goldenSteps, rule } from "./golden-steps.js";

describe.each(engineNames)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(goldenSteps)("$name with $options takes PyTorch's steps", expectGoldenSteps);
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
