import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type Ensemblers } from "../../../core/index.js";
import { ensemblers } from "../../../plugins/ensemblers/index.js";
import { fitWeights } from "../../../plugins/observers/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const registry = createTraining({ plugins: [ensemblers()] }).ensemblers;
const names = registry.names as readonly (keyof Ensemblers)[];

describe.each(engineNames)("ensemblers on %s", (engine) => {
  beforeAll(() => startEngine(engine));
  const members = () => [tf.tensor2d([[4, 0, 1]]), tf.tensor2d([[0, 1, 0]]), tf.tensor2d([[0, 1.5, 1]])];
  const classOf = (scores: tf.Tensor2D) => scores.argMax(1).dataSync()[0];

  test("mean-logits and mean-probabilities average what they say", () => {
    expect(registry.create("mean-logits")(members())).toBeAllclose([[4 / 3, 2.5 / 3, 2 / 3]]);
    const probabilities = members().map((logits) => logits.softmax());
    expect(registry.create("mean-probabilities")(members())).toBeAllclose(tf.addN(probabilities).div(3));
  });

  test("majority-vote follows the many where the average follows the one who is sure", () => {
    expect(classOf(registry.create("mean-logits")(members()))).toBe(0);
    expect(classOf(registry.create("majority-vote")(members()))).toBe(1);
  });

  test("majority-vote gives equal votes to the more probable class", () => {
    const [sure, , other] = members() as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    for (const order of [
      [sure, other],
      [other, sure],
    ])
      expect(classOf(registry.create("majority-vote")(order))).toBe(0);
  });

  test("weighted averages probabilities, by the ratios of its weights", () => {
    const [first, second] = members() as [tf.Tensor2D, tf.Tensor2D];
    const expected = first.softmax().mul(0.75).add(second.softmax().mul(0.25));
    expect(registry.create("weighted", { weights: [3, 1] })([first, second])).toBeAllclose(expected);
    expect(registry.create("weighted")([first, second])).toBeAllclose(
      registry.create("mean-probabilities")([first, second]),
    );
  });

  test.each(names)("%s of one member says what that member says, and leaks nothing", (name) => {
    const merge = registry.choose({ name });
    const logits = tf.tensor2d(createRandom(name).normals(40), [10, 4]);
    expect(merge([logits]).argMax(1)).toBeAllclose(logits.argMax(1));
    expect(() => merge([logits, logits]).dispose()).not.toLeak();
  });
});

describe("the weighted ensembler refuses", () => {
  test.each([
    [[1, -1], "numbers, each at least 0"],
    [[0, 0], "numbers of at least 0, not all of them 0"],
    [[], "numbers of at least 0, not all of them 0"],
  ])("the weights %j", (weights, words) => {
    expect(() => registry.create("weighted", { weights })).toThrow(words);
  });
  test("as many weights as there are not members", () => {
    const merge = registry.create("weighted", { weights: [1, 1] });
    expect(() => merge([tf.zeros([1, 2])])).toThrow("a list of 1, one for each member");
  });
});

describe("fitting weights", () => {
  const likelihood = (weights: readonly number[], probabilities: readonly (readonly number[])[]) =>
    (probabilities[0] as readonly number[])
      .map((_, image) =>
        Math.log(probabilities.reduce((sum, p, m) => sum + (weights[m] as number) * (p[image] as number), 0)),
      )
      .reduce((sum, value) => sum + value, 0);
  const random = createRandom(0);
  const draw = (scale: number) => Array.from({ length: 50 }, () => 0.02 + scale * random.next());

  test("gives everything to the member that is always surer of the truth", () => {
    const [good, bad] = fitWeights([
      [0.9, 0.8, 0.7],
      [0.5, 0.2, 0.6],
    ]) as [number, number];
    expect(good).toBeGreaterThan(0.999);
    expect(good + bad).toBeCloseTo(1, 9);
  });

  test("leaves equal members equal", () => {
    expect(
      fitWeights([
        [0.3, 0.9],
        [0.3, 0.9],
      ]),
    ).toBeAllclose([0.5, 0.5]);
    expect(
      fitWeights([
        [0.9, 0.1],
        [0.1, 0.9],
      ]),
    ).toBeAllclose([0.5, 0.5], { absolute: 1e-4 });
  });

  test("finds the most likely weights: none of a fine grid is better", () => {
    const probabilities = [draw(0.9), draw(0.6), draw(0.3)];
    const best = likelihood(fitWeights(probabilities), probabilities);
    for (let a = 0; a <= 20; a++)
      for (let b = 0; a + b <= 20; b++)
        expect(likelihood([a / 20, b / 20, (20 - a - b) / 20], probabilities)).toBeLessThanOrEqual(best + 1e-6);
  });

  test("is not misled by an image that no member holds possible, or by no image", () => {
    expect(
      fitWeights([
        [0.9, 0],
        [0.1, 0],
      ]).every(Number.isFinite),
    ).toBe(true);
    expect(fitWeights([[], []])).toEqual([0.5, 0.5]);
  });
});
