import { beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../../core/index.js";
import { batchesAhead } from "../../../plugins/data/images/plan.js";
import { classFolders, collect, folderWith, input, openFolder, testPass, trainPass } from "./support.js";

let root: string;
let source: Source;

beforeAll(async () => {
  root = await folderWith(await classFolders(["train", "test"], ["a", "b"], 11));
  source = await openFolder(root);
});

const cropped = { ...input, resize: 18, crop: 12 };
const order = async (pass: object) => (await collect(source, pass)).flatMap(({ indices }) => indices);

describe("a training pass", () => {
  test("visits every image once in another order each epoch", async () => {
    const [first, second] = [await order({ batchSize: 22 }), await order({ batchSize: 22, epoch: 1 })];
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, i) => i));
    expect(second).not.toEqual(first);
  });

  test("is the same for the same seed, and another for another", async () => {
    expect(await collect(source, { input: cropped })).toEqual(await collect(source, { input: cropped }));
    expect(await order({ seed: "2" })).not.toEqual(await order({}));
  });

  test("drops the last partial batch", async () => {
    expect(source.batchCount({ split: "train", mode: "train", batchSize: 4 })).toBe(5);
    expect(await collect(source)).toHaveLength(5);
  });

  test("keeps a partial batch when there is no other", async () => {
    const [only, ...others] = await collect(source, { batchSize: 64 });
    expect(only?.shape[0]).toBe(22);
    expect(others).toEqual([]);
  });

  test("crops and mirrors each image in another way each epoch", async () => {
    const looks = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (epoch) => {
        const [batch] = await collect(source, { epoch, batchSize: 22, input: cropped });
        const row = batch?.indices.indexOf(3) ?? 0;
        return batch?.images.slice(row * 12 * 12 * 3, (row + 1) * 12 * 12 * 3).join();
      }),
    );
    expect(new Set(looks).size).toBeGreaterThan(2);
  });

  test("mirrors always with flip 1 and never with flip 0", async () => {
    const [plain] = await collect(source, { input: { ...input, flip: 0 } });
    const [mirrored] = await collect(source, { input: { ...input, flip: 1 } });
    const pixel = (images: Float32Array | undefined, x: number) =>
      images?.slice((8 * 16 + x) * 3, (8 * 16 + x) * 3 + 3);
    expect(pixel(mirrored?.images, 0)).toEqual(pixel(plain?.images, 15));
    expect(pixel(mirrored?.images, 14)).toEqual(pixel(plain?.images, 1));
  });

  test("pads with black before normalisation", async () => {
    const padded = { ...input, crop: 32, pad: 8, flip: 0, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;
    const [batch] = await collect(source, { input: padded });
    expect([...(batch?.images.slice(0, 3) ?? [])]).toEqual([-1, -1, -1]);
    expect(batch?.images[(16 * 32 + 16) * 3 + 1]).toBeGreaterThan(-0.5);
  });
});

describe("a test pass", () => {
  test("visits every image in order, the partial batch included, whatever the epoch", async () => {
    const batches = await collect(source, { epoch: 3 }, testPass);
    expect(batches.flatMap(({ indices }) => indices)).toEqual(Array.from({ length: 22 }, (_, i) => i));
    expect(await collect(source, {}, testPass)).toEqual(batches);
    expect(source.batchCount(testPass)).toBe(6);
  });

  test("may walk over the training images", async () => {
    expect(await collect(source, { split: "train" }, testPass)).toHaveLength(6);
  });
});

describe("any pass", () => {
  test("does not depend on the number of workers, on the cache, or on its batch size", async () => {
    const other = await openFolder(root, { workers: 3, cacheBytes: 0 });
    const pass = { ...trainPass, input: cropped, epoch: 5 };
    const expected = await collect(source, pass);
    expect(await collect(other, pass)).toEqual(expected);
    expect(await collect(source, pass)).toEqual(expected);
    const [large] = await collect(other, { ...pass, batchSize: 20 });
    expect(large?.images).toEqual(Float32Array.from(expected.flatMap(({ images }) => [...images])));
  });

  test("goes on after the batches to skip, as if they had been pulled", async () => {
    const all = await collect(source, { input: cropped });
    expect(await collect(source, { input: cropped, skip: 3 })).toEqual(all.slice(3));
    expect(await collect(source, { skip: 5 })).toEqual([]);
  });

  test("may be left early and walked again", async () => {
    for await (const batch of source.batches(trainPass)) {
      batch.images?.dispose();
      batch.labels?.dispose();
      break;
    }
    expect(await collect(source)).toHaveLength(5);
  });

  test("serves several sizes in turn", async () => {
    const small = { ...input, resize: 8, crop: 8 };
    const first = await collect(source, { input: small });
    await collect(source);
    expect(await collect(source, { input: small })).toEqual(first);
  });

  test("refuses a crop larger than the image", async () => {
    const tooLarge = { ...input, crop: 20 };
    await expect(collect(source, { input: tooLarge })).rejects.toThrow('option "crop" must be at most 16 (resize');
    await expect(collect(source, { input: { ...tooLarge, pad: 2 } })).resolves.toHaveLength(5);
    await expect(collect(source, { input: { ...tooLarge, pad: 2 } }, testPass)).rejects.toThrow("FGKD_INVALID_OPTION");
  });
});

test("as many batches are made ahead as threads have work for and memory has room for, but two in any case", () => {
  expect(batchesAhead(6, 100, 10_000)).toBe(6);
  expect(batchesAhead(6, 100, 399)).toBe(3);
  expect(batchesAhead(6, 100, 99)).toBe(2);
});
