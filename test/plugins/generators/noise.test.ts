import type * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, defaults } from "../../../core/index.js";
import { type NoiseOptions, noise } from "../../../plugins/generators/index.js";
import { startEngine } from "../../support/engines.js";

/** Of the named steps, in this order: what noise and which classes the batch gets. */
async function drawn(options: NoiseOptions, steps: readonly (readonly [epoch: number, index: number])[]) {
  const training = createTraining({
    plugins: [noise({ size: 3, ...options })],
    config: { ...defaults, batchSize: 4 },
    services: { classes: ["bird", "fish", "frog"] },
  });
  const batches: { readonly noise: string; readonly labels: number[] }[] = [];
  for (const [epoch, index] of steps) {
    const batch = await training.hooks.batch.promise({}, { epoch, index, progress: 0 });
    const labels = batch.labels?.argMax(1) as tf.Tensor1D | undefined;
    batches.push({ noise: batch.noise?.dataSync().join() ?? "", labels: [...(labels?.dataSync() ?? [])] });
  }
  return batches;
}

const distinct = (batches: readonly { readonly noise: string }[]) => new Set(batches.map(({ noise }) => noise)).size;

describe("noise", () => {
  beforeAll(() => startEngine("cpu"));

  test("is new in every step", async () => {
    const [first, ...others] = await drawn({}, [
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
    expect(distinct([first as { noise: string }, ...others])).toBe(3);
    expect(first?.labels).toEqual([]);
  });

  test("can be held for some steps, and is new in each epoch", async () => {
    const steps = [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 0],
    ] as const;
    const batches = await drawn({ hold: 2 }, steps);
    expect(batches.map(({ noise }) => batches.findIndex((other) => other.noise === noise))).toEqual([0, 0, 2, 2, 4]);
  });

  test("that is held is the same when a stage goes on in its midst", async () => {
    const [, , third] = await drawn({ hold: 2, labels: true }, [
      [0, 0],
      [0, 1],
      [0, 3],
    ]);
    expect(await drawn({ hold: 2, labels: true }, [[0, 3]])).toEqual([third]);
  });

  test("draws a class for each image where asked, held with the noise", async () => {
    const [first, second, ...others] = await drawn({ hold: 2, labels: true }, [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 4],
      [0, 6],
    ]);
    expect(first?.labels).toHaveLength(4);
    expect(second?.labels).toEqual(first?.labels);
    const all = [first, ...others].flatMap((batch) => batch?.labels ?? []);
    expect(new Set(all)).toEqual(new Set([0, 1, 2]));
  });

  test("refuses to be held for no step", () => {
    expect(() => noise({ hold: 0 })).toThrow('option "hold" must be whole and positive');
  });
});
