import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type InputSettings, prepareSource, type Source } from "../../../core/index.js";
import { sources } from "../../../plugins/data/index.js";
import { magnitude, randomErasing } from "../../../plugins/transforms/augment-threads.js";
import { randomErasing as erasing, randAugment } from "../../../plugins/transforms/augmentations.js";
import { transforms } from "../../../plugins/transforms/index.js";
import { randAugmentOperations, trivialAugmentOperations } from "../../../plugins/transforms/operations.js";
import { blur } from "../../../plugins/transforms/pixels/neighbours.js";
import type { Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { classFolders, collect, folderWith, input, keep } from "../data/support.js";

const everything = [
  { name: "random-resized-crop", interpolation: "bicubic" },
  { name: "flip", probability: 0.5 },
  { name: "colour-jitter", hue: 0.2 },
  { name: "rand-augment" },
  { name: "trivial-augment" },
  { name: "grey", probability: 0.5 },
  { name: "blur", size: 5 },
  { name: "random-erasing", probability: 1 },
] as const;

const plain = (side: number): Pixels => ({
  width: side,
  height: side,
  data: new Uint8Array(side * side * 3).fill(128),
});
const pass = { input: { ...input, resize: 18, crop: 16, transforms: { train: everything } } };

let images: string;

beforeAll(async () => {
  images = await folderWith(await classFolders(["train", "test"], ["a", "b"], 6));
});

async function open(options: object): Promise<Source> {
  const training = createTraining({ plugins: [sources(), transforms()] });
  const source = await training.sources.create("folder", { path: images, ...options }).open();
  return prepareSource(keep(source), training.transforms);
}

describe("with every transform that draws", () => {
  test("1, 2 and 4 workers make the same batches, and so does a pass that begins in the middle", async () => {
    const first = await collect(await open({ workers: 1 }), pass);
    for (const workers of [2, 4]) {
      const source = await open({ workers, cacheBytes: 0 });
      expect(await collect(source, pass)).toEqual(first);
      expect(await collect(source, { ...pass, skip: 1 })).toEqual(first.slice(1));
    }
    expect(await collect(await open({ workers: 2 }), { ...pass, epoch: 1 })).not.toEqual(first);
  });
});

describe("RandAugment m9-mstd0.5-inc1", () => {
  test("has fifteen operations, and TrivialAugment fourteen", () => {
    expect(Object.keys(randAugmentOperations)).toHaveLength(15);
    expect(Object.keys(trivialAugmentOperations)).toHaveLength(14);
  });

  test("draws its magnitude around 9 with a deviation of 0.5, within 0 to 10", () => {
    const random = createRandom(1);
    const drawn = Array.from({ length: 4000 }, () =>
      magnitude({ magnitude: 9, deviation: 0.5 }, random.next(), random.next()),
    );
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(9, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 1);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(10);
    expect(Math.max(...drawn)).toBeGreaterThan(9.9);
  });

  test("draws five numbers for each of its operations, so that nothing after it moves", () => {
    const options = { magnitude: 9, deviation: 0.5, operations: 2, probability: 0.5 } as const;
    const made = randAugment({ ...options, fill: [124, 116, 104], interpolation: "bicubic" });
    expect(made.draw?.(createRandom(0))).toHaveLength(10);
  });

  test("keeps bits, thresholds and shares of its magnitude", () => {
    const at = (name: "posterize" | "solarize" | "solarize-add", m: number) =>
      randAugmentOperations[name](plain(1), m).data[0];
    expect([0, 5, 9].map((m) => at("posterize", m))).toEqual([128, 128, 128]);
    expect(at("posterize", 10)).toBe(0);
    expect([4, 6].map((m) => at("solarize", m))).toEqual([128, 127]);
    expect(at("solarize-add", 9)).toBe(128);
  });
});

describe("random erasing", () => {
  const options = { probability: 1, scale: [0.02, 1 / 3], ratio: [0.3, 3.33] } as const;
  const half = { ...input, mean: [0.485, 0.456, 0.406], deviation: [0.05, 0.05, 0.05] } as const;
  const erased = (seed: number, side = 64) =>
    randomErasing(plain(side), {
      options,
      drawn: erasing(options).draw?.(createRandom(seed)) ?? [],
      input: half,
    }) as Pixels;

  test("erases a share of 0.02 to 1/3 of the picture, and lets the rest be", () => {
    const shares = Array.from({ length: 100 }, (_, seed) => {
      const { data } = erased(seed);
      // Of 64 × 64; grey noise leaves one value in twenty as it was, a pixel of three hardly ever.
      let changed = 0;
      for (let at = 0; at < data.length; at += 3)
        if (data.subarray(at, at + 3).some((value) => value !== 128)) changed++;
      return changed / 64 ** 2;
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.017);
    expect(Math.max(...shares)).toBeLessThan(0.345);
    expect(Math.max(...shares)).toBeGreaterThan(0.28);
  });

  /** What a network is given that wants values within −1 and 1. */
  async function given(...transforms: readonly object[]): Promise<number[]> {
    const warp = { name: "resize", size: 16, fit: "warp" };
    const half = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;
    const train = [warp, ...transforms] as NonNullable<InputSettings["transforms"]>["train"];
    const batches = await collect(await open({ workers: 1 }), { input: { ...input, ...half, transforms: { train } } });
    return batches.flatMap(({ images }) => [...images]);
  }

  test("gives the network exact noise as the last transform, and before another what grey levels hold of it", async () => {
    const erase = { name: "random-erasing", probability: 1, scale: [0.2, 1 / 3] };
    const [whole, exact, greyed] = [
      await given(),
      await given(erase),
      await given(erase, { name: "grey", probability: 1 }),
    ];
    const noise = exact.filter((value, index) => value !== whole[index]);
    const beyond = (least: number) => noise.filter((value) => Math.abs(value) > least).length / noise.length;
    expect(noise.length).toBeGreaterThan(1000);
    expect([beyond(1), beyond(2)]).toEqual([expect.closeTo(0.317, 1), expect.closeTo(0.046, 1)]);
    expect(beyond(2)).toBeGreaterThan(0.02);
    expect(greyed.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(await given(erase, { name: "grey", probability: 0 })).toEqual(exact);
  });

  test("leaves noise that is N(0, 1) in each channel once it is normalised", () => {
    const values: number[][] = [[], [], []];
    for (let seed = 0; seed < 20; seed++)
      for (const [at, value] of erased(seed).data.entries())
        if (value !== 128) values[at % 3]?.push((value / 255 - half.mean[(at % 3) as 0 | 1 | 2]) / 0.05);
    for (const channel of values) {
      const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
      expect(Math.abs(mean)).toBeLessThan(0.05);
      expect(Math.sqrt(channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length)).toBeCloseTo(
        1,
        1,
      );
    }
  });

  test("leaves the picture whole where nothing was to be erased", () => {
    const picture = plain(8);
    const drawn = [0.5];
    expect(randomErasing(picture, { options: { ...options, probability: 0.25 }, drawn, input })).toBe(picture);
  });
});

test("a blur keeps what is plain, and spreads a point as the Gaussian says", () => {
  expect(blur(plain(9), 1, 5).data).toEqual(plain(9).data);
  const point = { ...plain(9), data: new Uint8Array(9 * 9 * 3) };
  point.data[(4 * 9 + 4) * 3] = 255;
  const weights = [-2, -1, 0, 1, 2].map((x) => Math.exp(-(x ** 2) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const middle = blur(point, 1, 5).data;
  const expected = weights.map((weight) => Math.round((255 * weight * (weights[2] as number)) / total ** 2));
  expect([2, 3, 4, 5, 6].map((x) => middle[(4 * 9 + x) * 3])).toEqual(expected);
});
