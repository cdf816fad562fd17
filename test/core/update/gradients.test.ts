import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { clipByNorm, createTraining, defaults, type Gradients, notYet, type Step } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const given = (): Gradients => ({ weight: tf.tensor2d([[3, 0]]), bias: tf.tensor1d([4]) });
const values = (gradients: Gradients) =>
  Object.fromEntries(Object.entries(gradients).map(([name, one]) => [name, Array.from(one.dataSync())]));
const at = (index: number, isLast = false): Step => ({ epoch: 0, index, progress: 0, isLast });

beforeAll(() => startEngine("cpu"));

describe("clipping by norm", () => {
  test("scales all gradients down together when their common norm is too large", () => {
    const clipped = clipByNorm(given(), 1);
    expect(clipped.weight).toBeAllclose([[0.6, 0]]);
    expect(clipped.bias).toBeAllclose([0.8]);
  });
  test("does not touch gradients whose norm is small enough", () => {
    expect(values(clipByNorm(given(), 5.1))).toEqual({ weight: [3, 0], bias: [4] });
  });
  test("frees what it is given, and leaves nothing else behind", () => {
    const gradients = given();
    const before = tf.memory().numTensors;
    const clipped = clipByNorm(gradients, 1);
    expect(tf.memory().numTensors).toBe(before);
    expect([gradients.weight?.isDisposed, clipped.weight?.isDisposed]).toEqual([true, false]);
  });
  test("lets a step without gradients pass", () => expect(clipByNorm(notYet, 1)).toBe(notYet));
});

describe("the way from gradients to weights", () => {
  const stage = (config: object, tap?: (gradients: Gradients) => Gradients) =>
    createTraining({
      config: { ...defaults, ...config },
      plugins: [tap && { name: "mine", apply: ({ hooks }) => hooks.gradients.tap("mine", tap) }],
    });

  test("is free where nothing is set", async () => {
    const { hooks } = stage({});
    const gradients = given();
    expect(hooks.gradients.taps).toEqual([]);
    expect(await hooks.gradients.promise(gradients, at(0))).toBe(gradients);
  });

  test("averages as many steps as accumulate says, and says not yet before", async () => {
    const { hooks } = stage({ accumulate: 2 });
    const first = await hooks.gradients.promise({ w: tf.tensor1d([1, 2]) }, at(0));
    expect(first).toEqual({});
    expect(values(await hooks.gradients.promise({ w: tf.tensor1d([3, 6]) }, at(1)))).toEqual({ w: [2, 4] });
    expect(await hooks.gradients.promise({ w: tf.tensor1d([8, 8]) }, at(2))).toEqual({});
  });

  test("applies what an epoch's last steps have added up, by their true number", async () => {
    const { hooks } = stage({ accumulate: 4 });
    await hooks.gradients.promise({ w: tf.tensor1d([1]) }, at(0));
    await hooks.gradients.promise({ w: tf.tensor1d([2]) }, at(1));
    expect(values(await hooks.gradients.promise({ w: tf.tensor1d([6]) }, at(2, true)))).toEqual({ w: [3] });
    expect(values(await hooks.gradients.promise({ w: tf.tensor1d([7]) }, at(0, true)))).toEqual({ w: [7] });
  });

  test("shows a plugin what is accumulated, and clips what the plugin made of it", async () => {
    const seen: unknown[] = [];
    const { hooks } = stage({ accumulate: 2, optimizer: { ...defaults.optimizer, clipNorm: 1 } }, (gradients) => {
      seen.push(values(gradients));
      return Object.fromEntries(Object.entries(gradients).map(([name, one]) => [name, one.mul(10)]));
    });
    await hooks.gradients.promise({ w: tf.tensor1d([0, 0]) }, at(0));
    const applied = await hooks.gradients.promise({ w: tf.tensor1d([6, 8]) }, at(1));
    expect(seen).toEqual([{}, { w: [3, 4] }]);
    expect(applied.w).toBeAllclose([0.6, 0.8]);
  });

  test("keeps what is added up in a checkpoint, and nothing in memory once the stage is left", async () => {
    const before = tf.memory().numTensors;
    const one = stage({ accumulate: 3 });
    await one.hooks.gradients.promise({ b: tf.tensor1d([1]), a: tf.tensor1d([2]) }, at(0));
    await one.hooks.gradients.promise({ b: tf.tensor1d([4]), a: tf.tensor1d([5]) }, at(1));
    const saved = await one.states.get("accumulate")?.save();
    expect(saved?.values).toBe(2);
    one.states.get("accumulate")?.dispose?.();
    expect(tf.memory().numTensors).toBe(before);
    const other = stage({ accumulate: 3 });
    // As a file has them: in another order.
    const tensors = new Map([...(saved?.tensors ?? [])].reverse());
    await other.states.get("accumulate")?.load({ ...saved, tensors });
    const applied = await other.hooks.gradients.promise({ b: tf.tensor1d([4]), a: tf.tensor1d([5]) }, at(2));
    expect(Object.entries(values(applied))).toEqual([
      ["b", [3]],
      ["a", [4]],
    ]);
  });

  test("names the tap that fails, and the step", async () => {
    const { hooks } = stage({}, () => {
      throw new Error("no");
    });
    await expect(hooks.gradients.promise(given(), at(4))).rejects.toThrow(
      'FGKD_PLUGIN_FAILED [mine] failed in hooks.gradients (stage "student", epoch 1, step 5): no',
    );
  });
});
