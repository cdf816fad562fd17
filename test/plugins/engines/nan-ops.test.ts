/**
 * The operations of `fgkd/ops` on what is no number: every engine, with kernels of its own or without, makes the same of it
 * as plain JavaScript does, the engine `cpu`.
 */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { maxPool } from "../../../core/ops/index.js";
import { type EngineName, engineNames, startEngine } from "../../support/engines.js";
import { image, operations, sparse, updates } from "./nan-cases.js";

/** In words that can be compared: engines may differ in last bits, not in these. */
function kinds(x: tf.Tensor): readonly string[] {
  return Array.from(x.dataSync(), (value) => {
    if (!Number.isFinite(value)) return String(value);
    return Math.abs(value) < 1e-5 ? "0" : value > 0 ? "above 0" : "below 0";
  });
}

async function kindsOn(engine: EngineName, compute: () => tf.Tensor): Promise<readonly string[]> {
  await startEngine(engine);
  const result = tf.tidy(compute);
  const found = kinds(result);
  result.dispose();
  return found;
}

describe.each(engineNames)("on %s, what is no number", (engine) => {
  test.each(Object.entries({ ...operations, ...updates }))(
    "is the same to %s as in plain JavaScript",
    async (_, apply) => {
      const compute = () => apply(image());
      const expected = await kindsOn("cpu", compute);
      // Otherwise nothing was tried.
      expect(apply === operations["an unpooling"] || expected.some((kind) => /NaN|Infinity/.test(kind))).toBe(true);
      expect(await kindsOn(engine, compute)).toEqual(expected);
    },
  );

  test.each(Object.entries(operations).filter(([name]) => name !== "an unpooling"))(
    "is the same to the gradient of %s",
    async (_, apply) => {
      // No sum of squares: that of normalised values is the same whatever the values.
      const loss = (y: tf.Tensor) => y.mul(tf.range(0, y.size).mul(1.7).cos().reshape(y.shape)).sum();
      const compute = () => tf.grad((x: tf.Tensor) => loss(apply(x as tf.Tensor4D)))(image());
      expect(await kindsOn(engine, compute)).toEqual(await kindsOn("cpu", compute));
    },
  );

  test.each(Object.entries(sparse))("shows in %s, in the same images and channels", async (_, apply) => {
    // A largest value passes NaN over; a sum does not.
    const compute = () => apply(image()).sum([1, 2]);
    const found = await kindsOn(engine, compute);
    expect(found).toEqual(await kindsOn("cpu", compute));
    expect(found.filter((kind) => kind === "NaN")).toHaveLength(5);
  });

  test("is passed over by a max pool, wherever it stands in the window, and stays where there is nothing else", async () => {
    await startEngine(engine);
    for (let place = 0; place < 9; place++) {
      const values = Array.from({ length: 9 }, (_, index) => (index === place ? Number.NaN : index - 20));
      const found = tf.tidy(() => tf.maxPool(tf.tensor4d(values, [1, 3, 3, 1]), 3, 1, "valid").dataSync()[0]);
      expect(found).toBe(place === 8 ? -13 : -12);
    }
    const nothing = (of: number) => tf.tidy(() => maxPool(tf.fill([1, 2, 2, 1], of)).dataSync()[0]);
    expect(nothing(Number.NaN)).toBe(Number.NaN);
    expect(nothing(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  });
});
