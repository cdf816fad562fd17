import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { FolderOptions } from "../../../plugins/data/index.js";
import { classFolders, collect, folderWith, openFolder, picture } from "./support.js";

const skip = { onBadImage: "skip", badImageShare: 0.6 } as const;
const unsplit = await classFolders([""], ["a", "b"], 6);
const split = await classFolders(["train", "test"], ["a", "b"], 4);
const photo = await picture({ r: 200, g: 100, b: 50 }, 60, "jpeg");

/** Names of a class's files in the order in which they are drawn for testing. */
const drawn = (folder: string, names: readonly string[], seed = "0") =>
  names
    .map((name) => ({ name, rank: createHash("sha256").update(`${seed}/${folder}/${name}`).digest("hex") }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ name }) => name);

/** What decides a run's batches: the fingerprint is over the split, the place and the content of every image in order. */
async function seen(tree: Readonly<Record<string, string | Uint8Array>>, options: Omit<FolderOptions, "path"> = {}) {
  const { classes, fingerprint, splits = [], count } = await openFolder(await folderWith(tree), options);
  return { classes, fingerprint, counts: splits.map((one) => [one, count(one)]) };
}

/** Bad files of every kind, called so that the draw would take them first. */
const bad = Object.fromEntries(
  drawn(
    "a",
    Array.from({ length: 20 }, (_, index) => `bad-${index}.jpg`),
  )
    .slice(0, 3)
    .map((name, index) => [`a/${name}`, [photo.subarray(0, 300), "nonsense", ""][index] as Uint8Array | string]),
);

describe("a folder whose bad files are left out gives the run of one that never had them", () => {
  test.each<[string, Omit<FolderOptions, "path">]>([
    ["the share that is drawn for testing", {}],
    ["another share, by another seed", { split: 0.5, splitSeed: 7 }],
    ["the share that is drawn for validation", { validation: 0.3 }],
  ])("in %s", async (_, options) => {
    expect(await seen({ ...unsplit, ...bad }, { ...options, ...skip })).toEqual(await seen(unsplit, options));
  });

  test("to its batches", async () => {
    const [skipped, clean] = [await folderWith({ ...unsplit, ...bad }), await folderWith(unsplit)];
    expect(await collect(await openFolder(skipped, skip), { epoch: 1 })).toEqual(
      await collect(await openFolder(clean), { epoch: 1 }),
    );
  });

  test("in a validation split that is drawn beside test/", async () => {
    const inTrain = Object.fromEntries(Object.entries(bad).map(([path, bytes]) => [`train/${path}`, bytes]));
    const options = { validation: 0.4 };
    expect(await seen({ ...split, ...inTrain }, { ...options, ...skip })).toEqual(await seen(split, options));
  });
});

describe("there are images as long as there is a good one", () => {
  test("where all that was drawn for testing would be bad", async () => {
    const [first = ""] = drawn("a", ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png"]);
    const source = await openFolder(await folderWith({ ...unsplit, [`a/${first}`]: "nonsense" }), skip);
    expect([source.count("train"), source.count("test")]).toEqual([9, 2]);
  });

  test("and a split that has none of a class says that they are bad, not that there are none", async () => {
    const tree = { ...split, ...Object.fromEntries([0, 1, 2, 3].map((index) => [`test/a/${index}.png`, "nonsense"])) };
    await expect(openFolder(await folderWith(tree), skip)).rejects.toThrow(
      /FGKD_INVALID_DATA .*test\/a: none of the images of class "a" in the test split can be used: all are bad\. Replace them/,
    );
  });
});
