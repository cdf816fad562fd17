import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { classFolders, collect, folderWith, openFolder, picture, testPass } from "./support.js";

const grocery = new URL("../../../../shared/data/grocery", import.meta.url).pathname;

describe("a folder of class folders", () => {
  test("has its classes in byte-wise order, and its images in both splits", async () => {
    const source = await openFolder(await folderWith(await classFolders(["train", "test"], ["ä", "a", "B"], 4)));
    expect(source.classes).toEqual(["B", "a", "ä"]);
    expect([source.count("train"), source.count("test")]).toEqual([12, 12]);
  });

  test("yields normalised images, one-hot labels and positions", async () => {
    const source = await openFolder(await folderWith(await classFolders(["train", "test"], ["a", "b"], 3)));
    const [first] = await collect(source, {}, testPass);
    expect(first?.shape).toEqual([4, 16, 16, 3]);
    expect(first?.labels).toEqual([0, 0, 0, 1]);
    expect(first?.indices).toEqual([0, 1, 2, 3]);
  });

  test("takes val/ for the test split where there is no test/", async () => {
    const source = await openFolder(await folderWith(await classFolders(["train", "val"], ["a", "b"], 2)));
    expect(source.count("test")).toBe(4);
  });

  test("joins several folders to one test split on request", async () => {
    const root = await folderWith(await classFolders(["train", "test", "test-extra"], ["a", "b"], 2));
    expect((await openFolder(root)).count("test")).toBe(4);
    expect((await openFolder(root, { testFolders: ["test", "test-extra"] })).count("test")).toBe(8);
  });

  test("splits off the same share of every class where there is no train/", async () => {
    const root = await folderWith(await classFolders([""], ["a", "b"], 10));
    const source = await openFolder(root, { split: 0.3 });
    const [tests] = await collect(source, { batchSize: 6 }, testPass);
    expect([source.count("train"), source.count("test")]).toEqual([14, 6]);
    expect(tests?.labels).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test("splits in the same way every time, and in another with another splitSeed", async () => {
    const root = await folderWith(await classFolders([""], ["a", "b"], 12));
    const prints = await Promise.all(
      [0, 0, 1].map(async (splitSeed) => (await openFolder(root, { splitSeed })).fingerprint),
    );
    expect(prints[1]).toBe(prints[0]);
    expect(prints[2]).not.toBe(prints[0]);
  });

  test("is found one folder further down, as archives unpack", async () => {
    const tree = await classFolders(["flowers/train", "flowers/test"], ["a", "b"], 2);
    expect((await openFolder(await folderWith(tree))).classes).toEqual(["a", "b"]);
  });

  test("may hold folders within class folders, links, and what operating systems leave behind", async () => {
    const root = await folderWith(await classFolders(["train", "test"], ["a", "b"], 2));
    await mkdir(join(root, "train/a/indoors"));
    await writeFile(join(root, "train/a/indoors/5.png"), await picture({ r: 1, g: 2, b: 3 }));
    await symlink(join(root, "train/a/0.png"), join(root, "train/b/link.png"));
    for (const litter of [".DS_Store", "Thumbs.db", "desktop.ini"]) await writeFile(join(root, "train/a", litter), "x");
    await writeFile(join(root, "README.md"), "about this data");
    expect((await openFolder(root)).count("train")).toBe(6);
  });

  test("is fingerprinted by content and place, not by where it lies", async () => {
    const tree = await classFolders(["train", "test"], ["a", "b"], 2);
    const print = async (files: Readonly<Record<string, string | Uint8Array>>) =>
      (await openFolder(await folderWith(files))).fingerprint;
    const original = await print(tree);
    const { "train/a/0.png": moved, ...rest } = tree;
    expect(await print(tree)).toBe(original);
    expect(await print({ ...tree, "train/a/0.png": await picture({ r: 9, g: 9, b: 9 }) })).not.toBe(original);
    expect(await print({ ...rest, "train/a/9.png": moved ?? "" })).not.toBe(original);
  });

  test.skipIf(!existsSync(grocery))("reads the grocery photographs", async () => {
    const source = await openFolder(grocery, { testFolders: ["test", "test-extra"] });
    expect([source.classes.length, source.count("train"), source.count("test")]).toEqual([20, 720, 640]);
    const [batch] = await collect(
      source,
      { input: { ...testPass.input, resize: 146, crop: 128 } },
      {
        ...testPass,
        skip: 159,
      },
    );
    expect(batch?.shape).toEqual([4, 128, 128, 3]);
    expect(batch?.labels).toEqual([19, 19, 19, 19]);
  });
});

test("no tensor of a batch stays behind but the batch itself", async () => {
  const source = await openFolder(await folderWith(await classFolders(["train", "test"], ["a", "b"], 4)));
  const before = tf.memory().numTensors;
  for await (const { images, labels } of source.batches(testPass)) {
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([images, labels].filter((tensor) => tensor !== undefined));
  }
  expect(tf.memory().numTensors).toBe(before);
});
