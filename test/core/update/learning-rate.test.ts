import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type LearningRateSchedule, learningRateAt } from "../../../core/index.js";

const { schedules } = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8"));

const over = (epochs: number, schedule: LearningRateSchedule, base = 1) =>
  Array.from({ length: epochs }, (_, epoch) => learningRateAt(base, schedule, epoch, epochs));

const close = (numbers: readonly number[]) => numbers.map((number) => expect.closeTo(number, 12));

describe("the learning rate", () => {
  test("follows PyTorch's cosine", () => {
    const { options, learningRates } = schedules.cosine;
    expect(over(options.epochs, { name: "cosine" }, options.learningRate)).toEqual(close(learningRates));
  });
  test("follows PyTorch's steps", () => {
    const { options, learningRates } = schedules.step;
    const schedule = { name: "step", every: options.every, factor: options.factor } as const;
    expect(over(learningRates.length, schedule, options.learningRate)).toEqual(close(learningRates));
  });
  test("falls at each milestone, by a tenth unless told otherwise", () => {
    expect(over(5, { name: "step", milestones: [2, 4] })).toEqual(close([1, 1, 0.1, 0.1, 0.01]));
    expect(over(3, { name: "step", milestones: [1], factor: 0.5 })).toEqual([1, 0.5, 0.5]);
  });
  test("stays where it is when it is constant", () =>
    expect(over(3, { name: "constant" }, 0.3)).toEqual([0.3, 0.3, 0.3]));
  test("rises in equal steps over the warm-up, and is whole at its last epoch", () => {
    expect(over(6, { name: "constant", warmupEpochs: 4 })).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  });
  test("warms up on top of its shape", () => {
    const plain = over(6, { name: "cosine" });
    const warm = over(6, { name: "cosine", warmupEpochs: 2 });
    expect(warm).toEqual(close(plain.map((rate, epoch) => (epoch === 0 ? rate / 2 : rate))));
  });
});
