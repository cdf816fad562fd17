import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
import { createSlots } from "../../../plugins/data/images/slots.js";
import { filesSource } from "../../../plugins/data/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { classFolders, folderWith, input, keep, openFolder, trainPass } from "./support.js";

/** A batch of so many pictures of one pixel, as bytes: three for each. */
const batchOf = (batchSize: number) => ({ batchSize, input: { ...input, crop: 1 } });

describe("memory for batches", () => {
  test("is used again where it has the size, and never by two at a time", () => {
    const slots = createSlots(100, "device");
    const [first, second] = [slots.take(batchOf(4), 4), slots.take(batchOf(4), 4)];
    expect(second.buffer).not.toBe(first.buffer);
    slots.giveBack(first);
    expect(slots.take(batchOf(3), 3).buffer).not.toBe(first.buffer);
    expect(slots.take(batchOf(4), 4).buffer).toBe(first.buffer);
    expect(slots.take(batchOf(4), 4).buffer).not.toBe(first.buffer);
  });

  test("is that of a whole batch, of which the last one of a pass takes a part", () => {
    const slots = createSlots(100, "threads");
    const part = slots.take(batchOf(4), 3);
    expect([part.length, part.buffer.byteLength]).toEqual([9, 48]);
    slots.giveBack(part);
    expect(slots.take(batchOf(4), 4).buffer).toBe(part.buffer);
  });

  test("is kept within its bound", () => {
    const slots = createSlots(30, "device");
    const all = [slots.take(batchOf(6), 6), slots.take(batchOf(6), 6), slots.take(batchOf(4), 4)];
    for (const images of all) slots.giveBack(images);
    const buffers = all.map(({ buffer }) => buffer);
    expect(slots.take(batchOf(6), 6).buffer).toBe(buffers[0]);
    expect(slots.take(batchOf(4), 4).buffer).toBe(buffers[2]);
    expect(buffers).not.toContain(slots.take(batchOf(6), 6).buffer);
  });

  test("is forgotten when it is cleared", () => {
    const slots = createSlots(100, "device");
    const images = slots.take(batchOf(4), 4);
    slots.giveBack(images);
    slots.clear();
    expect(slots.take(batchOf(4), 4).buffer).not.toBe(images.buffer);
  });
});

describe.each(engineNames)("batches on %s", (engine) => {
  let root: string;
  beforeAll(async () => {
    root = await folderWith(await classFolders(["train", "test"], ["a", "b"], 12));
    await startEngine(engine);
  });
  afterAll(() => startEngine("cpu"));

  test.each(["threads", "device"] as const)(
    "keep their pixels while later ones come: normalised on %s",
    async (normalise) => {
      const source = await openFolder(root, { normalise, workers: 2 });
      const pass = { ...trainPass, batchSize: 2 };
      const atOnce: (readonly number[])[] = [];
      const held: tf.Tensor4D[] = [];
      for await (const { images, labels } of source.batches(pass)) {
        labels?.dispose();
        if (!images) continue;
        atOnce.push([...images.dataSync()]);
        held.push(images);
      }
      expect(held).toHaveLength(12);
      expect(held.map((images) => [...images.dataSync()])).toEqual(atOnce);
      expect(new Set(atOnce.map((values) => values.join())).size).toBeGreaterThan(1);
      for (const images of held) images.dispose();
    },
  );

  test("are right after a pass that was left while its batches were under way", async () => {
    const source = await openFolder(root, { workers: 2, cacheBytes: 0 });
    const values = async (leaveAfter: number) => {
      const seen: number[][] = [];
      for await (const { images, labels } of source.batches(trainPass)) {
        seen.push([...(images?.dataSync() ?? [])]);
        images?.dispose();
        labels?.dispose();
        if (seen.length === leaveAfter) break;
      }
      return seen;
    };
    const whole = await values(Number.POSITIVE_INFINITY);
    for (let turn = 0; turn < 5; turn++) expect(await values(1)).toEqual(whole.slice(0, 1));
    expect(await values(Number.POSITIVE_INFINITY)).toEqual(whole);
  });
});

test("images that are in no data set are each their own, however many batches are under way", async () => {
  const root = await folderWith(await classFolders(["train"], ["a", "b"], 16));
  const paths = ["a", "b"].flatMap((name) =>
    Array.from({ length: 16 }, (_, at) => join(root, "train", name, `${at}.png`)),
  );
  const training = createTraining({ plugins: [filesSource()] });
  const source = keep(await training.sources.create("files", { workers: 2 }).open([input]));
  const values = async (batchSize: number) => {
    const all: string[] = [];
    const given = async function* () {
      yield* paths;
    };
    for await (const { batch } of source.read?.(given(), { batchSize, input }) ?? []) {
      const images = batch?.images;
      for (const one of images?.unstack() ?? []) {
        all.push([...one.dataSync()].join());
        one.dispose();
      }
      images?.dispose();
    }
    return all;
  };
  const whole = await values(paths.length);
  expect(new Set(whole).size).toBeGreaterThan(8);
  for (const batchSize of [1, 2, 5]) expect(await values(batchSize)).toEqual(whole);
});
