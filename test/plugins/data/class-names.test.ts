import { describe, expect, test } from "vitest";
import { countsOf, files, layoutOf, refusal } from "./layout-support.js";
import { classFolders, folderWith, openFolder, said } from "./support.js";

const composed = "Caf\u00e9";
const decomposed = "Cafe\u0301";

describe.skipIf(process.platform === "darwin")("one class whose name is composed in two ways", () => {
  test.each([
    [composed, decomposed],
    [decomposed, composed],
    ["\u00c5land", "A\u030aland"],
    ["\ud55c\uad6d", "\u1112\u1161\u11ab\u1100\u116e\u11a8"],
  ])("is one across splits: %j, %j", async (train, tests) => {
    const layout = await layoutOf(
      files({ [`train/${train}`]: 4, "train/Tea": 4, [`test/${tests}`]: 2, "test/Tea": 2 }),
    );
    expect(new Set(layout.classes)).toEqual(new Set([train.normalize("NFC"), "Tea"]));
    expect(new Set(layout.candidates.map(({ className }) => className)).size).toBe(2);
    expect(countsOf(layout)).toEqual([8, 0, 4]);
  });

  test("is one within a split, with the images of both folders, and where a split is drawn", async () => {
    const both = { [composed]: 4, [decomposed]: 6, Tea: 5 };
    const within = await layoutOf(files(both));
    expect(within.classes).toEqual([composed, "Tea"]);
    expect(countsOf(within)).toEqual([12, 0, 3]);
    const split = Object.fromEntries(Object.entries(both).map(([name, count]) => [`train/${name}`, count]));
    const layout = await layoutOf(files({ ...split, [`test/${decomposed}`]: 1, "test/Tea": 1 }));
    expect(countsOf(layout)).toEqual([15, 0, 2]);
    // Batches are made of neighbours: a class stays together.
    const names = layout.candidates.map(({ className }) => className);
    expect(names).toEqual([...names.slice(0, 10).fill(composed), ...names.slice(10, 15).fill("Tea"), composed, "Tea"]);
  });

  test("leaves all others as they were: order by bytes, places as the disk has them", async () => {
    const { classes, candidates } = await layoutOf(
      files({ "train/\u00e4": 1, "train/a": 1, "train/B": 1, "test/a": 1 }),
    );
    expect(classes).toEqual(["B", "a", "\u00e4"]);
    expect(candidates.map(({ path }) => path)).toEqual([
      "train/B/0.jpg",
      "train/a/0.jpg",
      "train/\u00e4/0.jpg",
      "test/a/0.jpg",
    ]);
  });
});

describe.skipIf(["darwin", "win32"].includes(process.platform))("two classes that hardly differ", () => {
  test.each([
    ["Robin", "robin"],
    ["blue jay", "blue  jay"],
    ["wren", "wren "],
  ])("are two, with a warning: %j, %j", async (one, other) => {
    await openFolder(await folderWith(await classFolders(["train", "test"], [one, other, "crow"], 2)));
    expect(said.filter((line) => line.includes("differ in capitals or spaces only"))).toHaveLength(1);
    for (const name of [one, other]) expect(said.join()).toContain(`"${name}"`);
  });

  test("are told where one of them is in one split, and the other in another", async () => {
    const pictures = await classFolders(["train"], ["Robin", "crow"], 2);
    const tests = await classFolders(["test"], ["robin", "crow"], 2);
    await expect(openFolder(await folderWith({ ...pictures, ...tests }))).rejects.toThrow(
      'class "Robin" is missing from the test split (class "robin" is there: to this system they are two names)',
    );
  });

  test("make no folder a split of another", async () => {
    expect(await refusal(files({ Robin: 2, robin: 2 }))).toBe("read as Robin, robin");
  });
});
