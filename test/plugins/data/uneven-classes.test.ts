import { beforeAll, describe, expect, test } from "vitest";
import type { Pass, Source } from "../../../core/index.js";
import { prepareSource } from "../../../core/index.js";
import { visitsOf } from "../../../plugins/data/images/visits.js";
import { classFolders, collect, folderWith, input, openFolder, picture, trainPass } from "./support.js";

const cropped = { ...input, resize: 20, crop: 12 };

let root: string;
let source: Source;

beforeAll(async () => {
  const even = await classFolders(["train", "test"], ["a", "b", "c"], 2);
  const more: Record<string, Uint8Array> = {};
  for (let at = 0; at < 8; at++) more[`train/a/more${at}.png`] = await picture({ r: 7 * at, g: 3, b: 250 });
  root = await folderWith({ ...even, ...more });
  source = await openFolder(root, { sampler: "balanced" });
});

const labels = [...Array(10).fill(0), 1, 1, 2, 2] as number[];
const pass: Pick<Pass, "mode" | "seed" | "epoch"> = { mode: "train", seed: "1", epoch: 0 };

describe("a balanced sampler", () => {
  test("draws every class equally often, in an epoch as long as ever", () => {
    const { order } = visitsOf(pass, labels, "balanced");
    expect(order).toHaveLength(14);
    const counts = [0, 1, 2].map((label) => order.filter((position) => labels[position] === label).length);
    expect([...counts].sort()).toEqual([4, 5, 5]);
  });

  test("comes back to an image when all others of its class have been, and counts that", () => {
    const { order, repeats } = visitsOf(pass, labels, "balanced");
    const rare = order.flatMap((position, at) => (labels[position] === 1 ? [{ position, repeat: repeats[at] }] : []));
    expect(rare.slice(0, 4).map(({ repeat }) => repeat)).toEqual([0, 0, 1, 1]);
    expect(new Set(rare.slice(0, 2).map(({ position }) => position)).size).toBe(2);
    const common = order.filter((position) => labels[position] === 0);
    expect(new Set(common).size).toBe(common.length);
  });

  test("is a function of seed and epoch, and leaves tests alone", () => {
    const of = (other: object) => visitsOf({ ...pass, ...other }, labels, "balanced").order;
    expect(of({})).toEqual(of({}));
    expect(of({ epoch: 1 })).not.toEqual(of({}));
    expect(of({ seed: "2" })).not.toEqual(of({}));
    expect(of({ mode: "test" })).toEqual(labels.map((_, at) => at));
  });

  test("goes on after an interruption as if there had been none, with one worker and with two", async () => {
    const walk = { ...trainPass, input: cropped };
    const whole = await collect(source, {}, walk);
    expect(whole).toHaveLength(3);
    expect(await collect(source, { skip: 1 }, walk)).toEqual(whole.slice(1));
    const other = await openFolder(root, { sampler: "balanced", workers: 2 });
    expect(await collect(other, {}, walk)).toEqual(whole);
  });

  test("augments an image anew each time it comes", async () => {
    const looks = new Map<number, Set<string>>();
    const walk = { ...trainPass, input: cropped, batchSize: 14 };
    for (const epoch of [0, 1, 2]) {
      const [batch] = await collect(source, { epoch }, walk);
      batch?.indices.forEach((position, row) => {
        const look = batch.images.slice(row * 432, (row + 1) * 432).join();
        const key = 100 * epoch + position;
        looks.set(key, (looks.get(key) ?? new Set()).add(look));
      });
    }
    expect(Math.max(...[...looks.values()].map(({ size }) => size))).toBeGreaterThan(1);
  });
});

describe("a repeated sampler", () => {
  test("shows a third of the images an epoch, each three times in a row", () => {
    const { order, repeats } = visitsOf(pass, labels, "repeated");
    expect(order).toHaveLength(14);
    expect(repeats).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]);
    const runs = [0, 3, 6, 9, 12].map((at) => new Set(order.slice(at, at + 3)));
    expect(runs.every(({ size }) => size === 1)).toBe(true);
    expect(new Set(order).size).toBe(5);
    expect(visitsOf({ ...pass, epoch: 1 }, labels, "repeated").order).not.toEqual(order);
    expect(visitsOf({ ...pass, mode: "test" }, labels, "repeated").order).toEqual(labels.map((_, at) => at));
  });

  test("augments an image anew each time, and goes on after an interruption as if there had been none", async () => {
    const repeated = await openFolder(root, { sampler: "repeated" });
    const walk = { ...trainPass, input: cropped, batchSize: 6 };
    const whole = await collect(repeated, {}, walk);
    const looks = whole.flatMap(({ images }) =>
      [0, 1].map((run) =>
        [0, 1, 2].map((row) =>
          images
            .slice((3 * run + row) * 432)
            .slice(0, 432)
            .join(),
        ),
      ),
    );
    expect(looks.some((run) => new Set(run).size > 1)).toBe(true);
    expect(await collect(repeated, { skip: 1 }, walk)).toEqual(whole.slice(1));
  });
});

describe("the images of each class", () => {
  test("are counted by split, and told to whoever trains, not to tests", async () => {
    expect(source.classCounts?.("train")).toEqual([10, 2, 2]);
    expect(source.classCounts?.("test")).toEqual([2, 2, 2]);
    const prepared = prepareSource(source, { choose: () => undefined } as never);
    const countsIn = async (walk: Pass) => {
      for await (const { images, labels, classCounts } of prepared.batches(walk)) {
        for (const tensor of [images, labels]) tensor?.dispose();
        return classCounts;
      }
      return undefined;
    };
    expect(await countsIn(trainPass)).toEqual([10, 2, 2]);
    expect(await countsIn({ ...trainPass, split: "test", mode: "test" })).toBeUndefined();
  });
});
