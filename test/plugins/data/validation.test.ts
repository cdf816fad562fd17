import { describe, expect, test } from "vitest";
import { createTraining, type Source } from "../../../core/index.js";
import { sources } from "../../../plugins/data/index.js";
import { classFolders, collect, folderWith, input, keep, openFolder, said, testPass, trainPass } from "./support.js";

const validationPass = { ...testPass, split: "validation" } as const;
const counts = (source: Source) => (["train", "validation", "test"] as const).map((split) => source.count(split));

/** The images of a split, each by its bytes. */
async function imagesOf(source: Source, split: "train" | "validation" | "test"): Promise<readonly string[]> {
  const batches = await collect(source, { batchSize: 64 }, { ...testPass, split });
  return batches.flatMap(({ shape, images }) => {
    const size = images.length / (shape?.[0] as number);
    return Array.from({ length: shape?.[0] as number }, (_, at) => images.slice(at * size, (at + 1) * size).join());
  });
}

describe("a validation split of folders", () => {
  test.each(["val", "valid", "validation"])("is %s/ beside train/ and test/, and that is told", async (name) => {
    const root = await folderWith(await classFolders(["train", "test", name], ["a", "b"], 3));
    const source = await openFolder(root);
    expect(counts(source)).toEqual([6, 6, 6]);
    expect(source.splits).toEqual(["train", "validation", "test"]);
    expect(said).toEqual([expect.stringContaining(`${name}/ is the validation split`)]);
  });

  test("is none where val/ is the test split, as it is without test/ or by testFolders", async () => {
    const source = await openFolder(await folderWith(await classFolders(["train", "val"], ["a", "b"], 2)));
    expect(counts(source)).toEqual([4, 0, 4]);
    expect(source.splits).toEqual(["train", "test"]);
    const three = await folderWith(await classFolders(["train", "test", "val"], ["a", "b"], 2));
    expect(counts(await openFolder(three, { testFolders: ["test", "val"] }))).toEqual([4, 0, 8]);
  });

  test("is none where it is left out, with the bytes of a folder without it", async () => {
    const without = await openFolder(await folderWith(await classFolders(["train", "test"], ["a", "b"], 3)));
    const root = await folderWith(await classFolders(["train", "test", "val"], ["a", "b"], 3));
    const left = await openFolder(root, { validationFolders: [] });
    expect(counts(left)).toEqual([6, 0, 6]);
    expect(left.fingerprint).toBe(without.fingerprint);
    expect(said).toEqual([]);
  });

  test("is none where val/ holds no class folders", async () => {
    const tree = await classFolders(["train", "test"], ["a", "b"], 2);
    const source = await openFolder(await folderWith({ ...tree, "val/notes.txt": "nothing yet" }));
    expect(counts(source)).toEqual([4, 0, 4]);
  });

  test("is of the folders that are named", async () => {
    const root = await folderWith(await classFolders(["train", "test", "dev", "extra"], ["a", "b"], 2));
    expect(counts(await openFolder(root, { validationFolders: ["dev", "extra"] }))).toEqual([4, 8, 4]);
    expect(said).toEqual([]);
  });

  test("has every class, or its lack is told with the way out", async () => {
    const tree = await classFolders(["train", "test", "val"], ["a", "b"], 2);
    const lacking = Object.fromEntries(Object.entries(tree).filter(([path]) => !path.startsWith("val/b")));
    await expect(openFolder(await folderWith(lacking))).rejects.toThrow(
      /FGKD_INVALID_DATA .*class "b" is missing from the validation split.*data\.validationFolders to \[\]/,
    );
  });

  test("shares no folder with another split", async () => {
    const root = await folderWith(await classFolders(["train", "test"], ["a", "b"], 2));
    await expect(openFolder(root, { validationFolders: ["test"] })).rejects.toThrow("belong to another split already");
    const single = await folderWith(await classFolders([""], ["a", "b"], 4));
    await expect(openFolder(single, { validationFolders: ["val"] })).rejects.toThrow("validationFolders lie next to");
  });
});

describe("a validation split drawn from training images", () => {
  const classes = ["a", "b"];

  test("has the same share of every class, and no image in common with another split", async () => {
    const source = await openFolder(await folderWith(await classFolders([""], classes, 20)), { validation: 0.25 });
    expect(counts(source)).toEqual([24, 8, 8]);
    const [batch] = await collect(source, { batchSize: 8 }, validationPass);
    expect(batch?.labels).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    const all = await Promise.all((["train", "validation", "test"] as const).map((split) => imagesOf(source, split)));
    expect(new Set(all.flat()).size).toBe(40);
  });

  test("leaves test images, and the order of the other training images, as they were", async () => {
    const root = await folderWith(await classFolders(["train", "test"], classes, 8));
    const [whole, drawn] = [await openFolder(root), await openFolder(root, { validation: 0.25 })];
    const kept = await imagesOf(drawn, "train");
    const taken = new Set(await imagesOf(drawn, "validation"));
    expect(taken.size).toBe(4);
    expect(kept).toEqual((await imagesOf(whole, "train")).filter((image) => !taken.has(image)));
    expect(await imagesOf(drawn, "test")).toEqual(await imagesOf(whole, "test"));
    expect(drawn.fingerprint).not.toBe(whole.fingerprint);
  });

  test("is the same every time, and another with another splitSeed", async () => {
    const root = await folderWith(await classFolders(["train", "test"], classes, 12));
    const of = async (splitSeed: number) =>
      imagesOf(await openFolder(root, { validation: 0.25, splitSeed }), "validation");
    expect(await of(0)).toEqual(await of(0));
    expect(await of(1)).not.toEqual(await of(0));
  });

  test("takes one image of a small class, and refuses to take the only one", async () => {
    const two = await openFolder(await folderWith(await classFolders(["train", "test"], classes, 2)), {
      validation: 0.1,
    });
    expect(counts(two)).toEqual([2, 2, 4]);
    const one = await folderWith(await classFolders(["train", "test"], classes, 1));
    await expect(openFolder(one, { validation: 0.1 })).rejects.toThrow('class "a" has one training image, too few');
  });

  test("is refused beside a folder that is one, and where it is no share", async () => {
    const root = await folderWith(await classFolders(["train", "test", "val"], classes, 3));
    await expect(openFolder(root, { validation: 0.3 })).rejects.toThrow("there is a validation split already");
    expect(counts(await openFolder(root, { validation: 0.3, validationFolders: [] }))).toEqual([4, 2, 6]);
    await expect(openFolder(root, { validation: 1 })).rejects.toThrow('option "validation" must be in (0, 1), or null');
  });
});

describe("birds to validate on", () => {
  const open = async (options: object) =>
    keep(
      await createTraining({ plugins: [sources()] })
        .sources.create("birds", { classes: 2, train: 3, test: 2, workers: 1, ...options })
        .open(),
    );

  test("are further ones: training and test images stay the same", async () => {
    const [few, more] = [await open({}), await open({ validation: 2 })];
    expect([counts(few), counts(more)]).toEqual([
      [6, 0, 4],
      [6, 4, 4],
    ]);
    expect([few.splits, more.splits]).toEqual([
      ["train", "test"],
      ["train", "validation", "test"],
    ]);
    const pass = { ...trainPass, batchSize: 2, input };
    expect(await collect(more, {}, pass)).toEqual(await collect(few, {}, pass));
    expect(await imagesOf(more, "test")).toEqual(await imagesOf(few, "test"));
    const all = await Promise.all((["train", "validation", "test"] as const).map((split) => imagesOf(more, split)));
    expect(new Set(all.flat()).size).toBe(14);
  });

  test("are none unless they are asked for, with the fingerprint of before", async () => {
    const [plain, none, some] = [await open({}), await open({ validation: 0 }), await open({ validation: 1 })];
    expect(none.fingerprint).toBe(plain.fingerprint);
    // As it was before birds could be validated on, so that older runs go on.
    expect(plain.fingerprint).toBe("3506a7d3c02a850848a5ad67c119b2ee");
    expect(some.fingerprint).not.toBe(plain.fingerprint);
    await expect(open({ validation: -1 })).rejects.toThrow('option "validation" must be a whole number of at least 0');
  });
});
