import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Choice, createTraining, type Schedules } from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";

const { schedules } = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8"));

const choose = (schedule: Choice<Schedules>) => createTraining({ plugins: [optimizers()] }).schedules.choose(schedule);

/** The rate of each epoch's first step. */
const over = (epochs: number, schedule: Choice<Schedules>, learningRate = 1) => {
  const rate = choose(schedule);
  return Array.from({ length: epochs }, (_, epoch) =>
    rate({ epoch, index: 0, progress: epoch / epochs }, { learningRate, epochs, steps: 4 }),
  );
};

/** The rate of every step. */
const steps = (epochs: number, perEpoch: number, schedule: Choice<Schedules>, learningRate = 1) => {
  const rate = choose(schedule);
  return Array.from({ length: epochs * perEpoch }, (_, taken) => {
    const step = { epoch: Math.floor(taken / perEpoch), index: taken % perEpoch, progress: taken / epochs / perEpoch };
    return rate(step, { learningRate, epochs, steps: perEpoch });
  });
};

const close = (numbers: readonly number[]) => numbers.map((number) => expect.closeTo(number, 12));

describe("the learning rate", () => {
  test("follows PyTorch's cosine", () => {
    const { options, learningRates } = schedules.cosine;
    expect(over(options.epochs, { name: "cosine" }, options.learningRate)).toEqual(close(learningRates));
  });
  test("of a range test rises by one factor from step to step, whatever it is set to", () => {
    const rates = steps(2, 3, { name: "range-test", from: 0.01, to: 1000 }, 0.7);
    expect(rates).toEqual(close([0.01, 0.1, 1, 10, 100, 1000]));
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
  test("is DeiT's: a warm-up from a rate of its own, and a cosine to a minimum that goes on from epoch 0", () => {
    const deit = { name: "cosine", warmupEpochs: 5, warmupStart: 1e-6, minimum: 1e-5 } as const;
    const rates = over(60, deit, 1.5625e-5);
    const wanted = [1e-6, 3.925e-6, 1.27e-5, 1.55292e-5, 1.28125e-5, 1.00039e-5];
    expect([0, 1, 4, 5, 30, 59].map((epoch) => rates[epoch])).toEqual(wanted.map((rate) => expect.closeTo(rate, 10)));
  });
  test("is late by as many epochs as is wanted, as DeiT's script has it by one", () => {
    const deit = { name: "cosine", warmupEpochs: 5, warmupStart: 1e-6, minimum: 1e-5 } as const;
    const [first, ...others] = over(60, { ...deit, lag: 1 }, 1.5625e-5);
    expect([first, others[0]]).toEqual([1e-6, 1e-6]);
    expect(others).toEqual(over(60, deit, 1.5625e-5).slice(0, -1));
  });
  test("stays the same through an epoch unless it moves at every step", () => {
    expect(new Set(steps(1, 5, { name: "cosine" }))).toEqual(new Set([1]));
    const wanted = Array.from({ length: 10 }, (_, taken) => (1 + Math.cos((Math.PI * taken) / 10)) / 2);
    expect(steps(2, 5, { name: "cosine", per: "step" })).toEqual(close(wanted));
    expect(steps(1, 4, { name: "constant", warmupEpochs: 1, per: "step" })).toEqual([0.25, 0.5, 0.75, 1]);
  });
  test("begins its shape after the warm-up where that is wanted, as ConvNeXt's does", () => {
    const rates = steps(4, 2, { name: "cosine", per: "step", warmupEpochs: 2, warmupStart: 0, afterWarmup: true });
    expect(rates).toEqual(close([0, 0.25, 0.5, 0.75, 1, 0.8535533905932737, 0.5, 0.14644660940672627]));
  });
});

describe("a schedule", () => {
  test.each([
    [{ name: "cosine", minimum: -1 }, '[schedule cosine] option "minimum" must be at least 0'],
    [{ name: "cosine", warmupEpochs: 1.5 }, '[schedule cosine] option "warmupEpochs" must be a whole number'],
    [{ name: "constant", warmupStart: -1 }, '[schedule constant] option "warmupStart" must be at least 0'],
    [{ name: "constant", per: "batch" }, '[schedule constant] option "per" must be one of epoch, step'],
    [{ name: "step", every: 0 }, '[schedule step] option "every" must be whole and positive'],
    [{ name: "step", milestones: [0.5] }, '[schedule step] option "milestones" must be a list of whole numbers'],
    [{ name: "step", factor: 0 }, '[schedule step] option "factor" must be greater than 0'],
    [{ name: "constant", minimum: 1 }, '[schedule constant] has no option "minimum"'],
    [{ name: "cosinus" }, 'no schedule is registered as "cosinus"'],
  ])("refuses %j", (schedule, message) => {
    expect(() => choose(schedule as Choice<Schedules>)).toThrow(message);
  });
});
