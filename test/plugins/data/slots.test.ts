import type * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSlots } from "../../../plugins/data/images/slots.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { classFolders, folderWith, openFolder, trainPass } from "./support.js";

describe("memory for batches", () => {
  test("is used again where it has the size, and never by two at a time", () => {
    const slots = createSlots(100);
    const [first, second] = [slots.take(40), slots.take(40)];
    expect(second).not.toBe(first);
    slots.giveBack(first);
    expect(slots.take(30)).not.toBe(first);
    expect(slots.take(40)).toBe(first);
    expect(slots.take(40)).not.toBe(first);
  });

  test("is kept within its bound", () => {
    const slots = createSlots(100);
    const all = [slots.take(60), slots.take(60), slots.take(40)];
    for (const slot of all) slots.giveBack(slot);
    expect(slots.take(60)).toBe(all[0]);
    expect(slots.take(40)).toBe(all[2]);
    expect(all).not.toContain(slots.take(60));
  });

  test("is forgotten when it is cleared", () => {
    const slots = createSlots(100);
    const slot = slots.take(40);
    slots.giveBack(slot);
    slots.clear();
    expect(slots.take(40)).not.toBe(slot);
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
