import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Split } from "../../../../core/index.js";
import { countsInDoubt } from "../../../../plugins/data/sets/counts.js";
import { flowers } from "../../../../plugins/data/sets/flowers.js";
import { flowerNames } from "../../../../plugins/data/sets/flowers-names.js";
import { food101 } from "../../../../plugins/data/sets/food101.js";
import { foodx } from "../../../../plugins/data/sets/foodx.js";
import { inaturalist } from "../../../../plugins/data/sets/inaturalist.js";
import { moreReaders } from "../../../../plugins/data/sets/more-readers.js";
import { pets } from "../../../../plugins/data/sets/pets.js";
import { folderWith } from "../support.js";
import { copyOf, hasLayouts, linesOf, read, recognises, refusal } from "./support.js";

test("a set is whole where its images are as many as published, those for validation among those to train on", () => {
  const of = (split: Split, count: number) =>
    Array.from({ length: count }, (_, at) => ({ split, className: "rose", path: `${split}/${at}.jpg` }));
  const published = { layout: "flowers", title: "Flowers-102", order: "the labels" } as const;
  const candidates = [...of("train", 1020), ...of("validation", 1020), ...of("test", 6149)];
  expect(countsInDoubt({ candidates, classes: flowerNames, published })).toEqual([]);
  expect(countsInDoubt({ candidates: candidates.slice(1), classes: flowerNames, published })[0]).toContain(
    "here are 102 classes, 2039 images to train on and 6149 to test on",
  );
});

/** Changes a text file of a set. */
function edit(root: string, name: string, change: (text: string) => string): void {
  const path = join(root, name);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

async function recognisedBy(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const reader of moreReaders) if (await recognises(reader, root)) found.push(reader.name);
  return found;
}

describe.skipIf(!hasLayouts)("Oxford Pets (needs ../shared/data/layouts)", () => {
  test("is recognised, with classes in the order of their ids, splits and species", async () => {
    const root = await copyOf("oxford-iiit-pet");
    expect(await recognisedBy(root)).toEqual(["pets"]);
    const layout = await read(pets, root);
    expect(layout.classes).toEqual(["Abyssinian", "american_bulldog", "american_pit_bull_terrier"]);
    expect(linesOf(layout, "train").slice(0, 3)).toEqual([
      "Abyssinian images/Abyssinian_1.jpg",
      "Abyssinian images/Abyssinian_2.jpg",
      "american_bulldog images/american_bulldog_1.jpg",
    ]);
    expect([
      linesOf(layout, "train").length,
      linesOf(layout, "validation").length,
      linesOf(layout, "test").length,
    ]).toEqual([6, 0, 6]);
    expect(layout.published).toMatchObject({ title: "Oxford-IIIT Pets", ranks: { species: ["cat", "dog", "dog"] } });
  });

  test("keeps the order of the ids, where names would be sorted otherwise", async () => {
    const root = await copyOf("oxford-iiit-pet");
    for (const name of ["trainval", "test"])
      edit(root, `annotations/${name}.txt`, (text) => text.replaceAll(/ 1 1 1/g, " 9 1 1").replaceAll("\n", "\r\n"));
    expect((await read(pets, root)).classes.at(-1)).toBe("Abyssinian");
  });

  test.each([
    [
      "an image missing",
      (root: string) => rmSync(join(root, "images/Abyssinian_3.jpg")),
      /^FGKD_BAD_IMAGE ROOT\/images\/Abyssinian_3.jpg: is listed, but not there; 1 of 12 /,
    ],
    [
      "a list missing",
      (root: string) => rmSync(join(root, "annotations/test.txt")),
      /^FGKD_PATH ROOT\/annotations\/test.txt cannot be read/,
    ],
    [
      "a folder renamed",
      (root: string) => renameSync(join(root, "images"), join(root, "pictures")),
      /12 of 12 listed images are missing/,
    ],
    [
      "a line damaged",
      (root: string) =>
        edit(root, "annotations/trainval.txt", (text) => text.replace("Abyssinian_2 1", "Abyssinian_2 x")),
      /^FGKD_INVALID_DATA ROOT\/annotations\/trainval.txt: "Abyssinian_2 x 1 1" is no image/,
    ],
    [
      "two names of one id",
      (root: string) => edit(root, "annotations/test.txt", (text) => text.replace("bulldog_3 2", "bulldog_3 1")),
      /class 1 is Abyssinian and, of images\/american_bulldog_3.jpg, american_bulldog/,
    ],
  ])("with %s says so", async (_, damage, message) => {
    const root = await copyOf("oxford-iiit-pet");
    damage(root);
    expect(await refusal(pets, root)).toMatch(message);
  });
});

describe.skipIf(!hasLayouts)("Flowers-102 (needs ../shared/data/layouts)", () => {
  test("is recognised, with names for its numbers, and trained on two of its parts", async () => {
    const root = await copyOf("flowers-102");
    expect(await recognisedBy(root)).toEqual(["flowers"]);
    const layout = await read(flowers, root);
    expect(layout.classes).toEqual(["pink primrose", "passion flower", "blackberry lily"]);
    const ids = (split: Split) => linesOf(layout, split).map((line) => line.replace(/ jpg.image_0*/, " "));
    // As SciPy reads the two files.
    const [a, b, c] = ["passion flower", "pink primrose", "blackberry lily"];
    expect(ids("train")).toEqual([`${a} 1.jpg`, `${b} 5.jpg`, `${c} 9.jpg`, `${a} 2.jpg`, `${b} 6.jpg`, `${c} 10.jpg`]);
    expect(ids("validation")).toEqual([]);
    expect(ids("test")).toEqual([`${c} 12.jpg`, `${a} 4.jpg`, `${b} 8.jpg`, `${a} 3.jpg`, `${b} 7.jpg`, `${c} 11.jpg`]);
  });

  test("has its authors' images to validate on where settings ask for them", async () => {
    const root = await copyOf("flowers-102");
    const layout = await read(flowers, root, { validationFolders: ["val"] });
    expect([linesOf(layout, "train"), linesOf(layout, "validation")].map(({ length }) => length)).toEqual([3, 3]);
  });

  test.each([
    [
      "an image missing",
      (root: string) => rmSync(join(root, "jpg/image_00004.jpg")),
      /^FGKD_BAD_IMAGE ROOT\/jpg\/image_00004.jpg: is listed, but not there; 1 of 12/,
    ],
    ["a list missing", (root: string) => rmSync(join(root, "setid.mat")), /^FGKD_PATH ROOT\/setid.mat cannot be read/],
    [
      "a list cut short",
      (root: string) => writeFileSync(join(root, "setid.mat"), readFileSync(join(root, "setid.mat")).subarray(0, 200)),
      /^FGKD_CORRUPT_FILE ROOT\/setid.mat: /,
    ],
    [
      "one list in place of the other",
      (root: string) => cpSync(join(root, "imagelabels.mat"), join(root, "setid.mat")),
      /ROOT\/setid.mat: has no numbers called trnid/,
    ],
  ])("with %s says so", async (_, damage, message) => {
    const root = await copyOf("flowers-102");
    damage(root);
    expect(await refusal(flowers, root)).toMatch(message);
  });

  test("has 102 kinds, each of a name", () => {
    expect(new Set(flowerNames).size).toBe(102);
    expect([flowerNames[0], flowerNames[53], flowerNames[101]]).toEqual([
      "pink primrose",
      "sunflower",
      "blackberry lily",
    ]);
  });
});

describe.skipIf(!hasLayouts)("Food-101 (needs ../shared/data/layouts)", () => {
  const train = ["apple_pie images/apple_pie/1005649.jpg", "apple_pie images/apple_pie/1006382.jpg"];

  test.each([
    ["as it is", () => undefined],
    [
      "by its lists of text alone",
      (root: string) => ["train", "test"].map((name) => rmSync(join(root, `meta/${name}.json`))),
    ],
    ["without its list of classes", (root: string) => rmSync(join(root, "meta/classes.txt"))],
  ])("is recognised %s", async (_, change) => {
    const root = await copyOf("food-101");
    change(root);
    expect(await recognisedBy(root)).toEqual(["food101"]);
    const layout = await read(food101, root);
    expect(layout.classes).toEqual(["apple_pie", "baby_back_ribs", "cheese_plate"]);
    expect(linesOf(layout, "train").slice(0, 2)).toEqual(train);
    expect([linesOf(layout, "train").length, linesOf(layout, "test").length]).toEqual([6, 6]);
    expect(layout.published?.order).toBe(
      existsSync(join(root, "meta/classes.txt")) ? "meta/classes.txt" : "meta/train.json",
    );
  });

  test.each([
    [
      "an image missing",
      (root: string) => rmSync(join(root, "images/apple_pie/1005649.jpg")),
      /^FGKD_BAD_IMAGE ROOT\/images\/apple_pie\/1005649.jpg: is listed, but not there; 1 of 12/,
    ],
    [
      "a list missing",
      (root: string) => rmSync(join(root, "meta"), { recursive: true }),
      /neither meta\/train.json nor meta\/train.txt is there/,
    ],
    [
      "a list damaged",
      (root: string) => edit(root, "meta/train.json", (text) => text.slice(0, 90)),
      /^FGKD_INVALID_DATA ROOT\/meta\/train.json: is not JSON/,
    ],
    [
      "a class renamed",
      (root: string) => edit(root, "meta/classes.txt", (text) => text.replace("apple_pie", "apple pie")),
      /meta\/classes.txt: class apple_pie of meta\/train.json is not in it/,
    ],
  ])("with %s says so", async (_, damage, message) => {
    const root = await copyOf("food-101");
    damage(root);
    expect(await refusal(food101, root)).toMatch(message);
  });
});

describe("FoodX-251", () => {
  const images = {
    "train_set/train_000000.jpg": "",
    "train_set/train_000003.jpg": "",
    "val_set/val_000000.jpg": "",
    "val_set/val_000001.jpg": "",
  };
  const classes = "0 macaron\n1 beignet\n";
  const packings = {
    "its author's": {
      ...images,
      "annot/class_list.txt": classes,
      "annot/train_info.csv": "train_000000.jpg,1\r\ntrain_000003.jpg,0\r\n",
      "annot/val_info.csv": "val_000000.jpg,0\nval_000001.jpg,1\n",
      "annot/test_info.csv": "test_000000.jpg\n",
    },
    "its contest's": {
      ...Object.fromEntries(Object.keys(images).map((path) => [path.replace("train_set", "train_set/train_set"), ""])),
      "class_list.txt": classes,
      "train_labels.csv": "img_name,label\ntrain_000000.jpg,1\ntrain_000003.jpg,0\n",
      "val_labels.csv": "img_name,label\nval_000000.jpg,0\nval_000001.jpg,1\n",
    },
  };

  test.each(Object.entries(packings))(
    "is recognised in %s packing, and tested on its validation split",
    async (name, tree) => {
      const root = await folderWith(tree);
      const folder = name === "its author's" ? "train_set" : "train_set/train_set";
      expect((await recognisedBy(root))[0]).toBe("foodx");
      const layout = await read(foodx, root);
      expect(layout.classes).toEqual(["macaron", "beignet"]);
      expect(linesOf(layout, "train")).toEqual([
        `beignet ${folder}/train_000000.jpg`,
        `macaron ${folder}/train_000003.jpg`,
      ]);
      expect(linesOf(layout, "test")).toEqual(["macaron val_set/val_000000.jpg", "beignet val_set/val_000001.jpg"]);
      expect(layout.notes.join()).toContain("listed to validate on are the test split");
    },
  );

  const whole = packings["its author's"];
  test.each([
    [
      "an image missing",
      { ...whole, "val_set/val_000001.jpg": undefined },
      /ROOT\/val_set\/val_000001.jpg: is listed, but not there/,
    ],
    [
      "a list missing",
      { ...whole, "annot/val_info.csv": undefined },
      /^FGKD_PATH ROOT\/annot\/val_info.csv cannot be read/,
    ],
    ["no list of classes", { ...whole, "annot/class_list.txt": undefined }, /class_list.txt is missing/],
    [
      "a folder missing",
      { ...whole, "val_set/val_000000.jpg": undefined, "val_set/val_000001.jpg": undefined },
      /there is no folder val_set/,
    ],
    [
      "a label beyond its classes",
      { ...whole, "annot/train_info.csv": "train_000000.jpg,2" },
      /label 2 of train_000000.jpg is not in class_list.txt, which has 2 classes/,
    ],
  ])("with %s says so", async (_, tree, message) => {
    const left = Object.entries(tree).filter((entry): entry is [string, string] => entry[1] !== undefined);
    expect(await refusal(foodx, await folderWith(Object.fromEntries(left)))).toMatch(message);
  });
});

describe("iNaturalist", () => {
  const worm = "00000_Animalia_Annelida_Clitellata_Haplotaxida_Lumbricidae_Lumbricus_terrestris";
  const moss = "00001_Plantae_Bryophyta_Bryopsida_Bryales_Bryaceae_Bryum_argenteum";
  const year2021 = {
    [`train/${worm}/a.jpg`]: "",
    [`train/${moss}/b.jpg`]: "",
    [`val/${worm}/c.jpg`]: "",
    [`val/${moss}/d.jpg`]: "",
  };
  const groups = [
    "Plantae/1/p.jpg",
    "Plantae/1/q.jpg",
    "Aves/10/a.jpg",
    "Aves/10/b.jpg",
    "Aves/2/c.jpg",
    "Aves/2/d.jpg",
  ];
  const coco = (names: readonly string[]) =>
    JSON.stringify({
      images: names.map((name) => ({ file_name: `train_val2019/${name}` })),
      categories: [1, 2, 10].map((id) => ({ id, name: `species ${id}` })),
    });
  const year2019 = {
    ...Object.fromEntries(groups.map((path) => [`train_val2019/${path}`, ""])),
    "train2019.json": coco(["Plantae/1/p.jpg", "Aves/10/a.jpg", "Aves/2/c.jpg"]),
    "val2019.json": coco(["Plantae/1/q.jpg", "Aves/10/b.jpg", "Aves/2/d.jpg"]),
  };

  test("of 2021 has its ranks in the names of its folders", async () => {
    const root = await folderWith(year2021);
    expect(await recognisedBy(root)).toEqual(["inaturalist"]);
    const layout = await read(inaturalist, root);
    expect(layout.classes).toEqual([worm, moss]);
    expect(linesOf(layout, "test")).toEqual([`${worm} val/${worm}/c.jpg`, `${moss} val/${moss}/d.jpg`]);
    expect(layout.published?.ranks).toEqual({
      kingdom: ["Animalia", "Plantae"],
      phylum: ["Annelida", "Bryophyta"],
      class: ["Clitellata", "Bryopsida"],
      order: ["Haplotaxida", "Bryales"],
      family: ["Lumbricidae", "Bryaceae"],
      genus: ["Lumbricus", "Bryum"],
    });
  });

  test("of 2018 and 2019 counts its folders' numbers as numbers, and is split by its lists", async () => {
    const root = await folderWith(year2019);
    expect(await recognisedBy(root)).toEqual(["inaturalist"]);
    const layout = await read(inaturalist, root);
    expect(layout.classes).toEqual(["species 1", "species 2", "species 10"]);
    expect(layout.published?.ranks).toEqual({ group: ["Plantae", "Aves", "Aves"] });
    expect(linesOf(layout, "train")).toEqual([
      "species 1 train_val2019/Plantae/1/p.jpg",
      "species 2 train_val2019/Aves/2/c.jpg",
      "species 10 train_val2019/Aves/10/a.jpg",
    ]);
    expect(linesOf(layout, "test")).toHaveLength(3);
  });

  test("without lists has a share drawn", async () => {
    const layout = await read(inaturalist, await folderWith(Object.fromEntries(groups.map((path) => [path, ""]))));
    expect([layout.classes, layout.isUnsplit]).toEqual([["1", "2", "10"], true]);
  });

  test("is not seen in class folders that look a little like it", async () => {
    const trees: Readonly<Record<string, string>>[] = [
      { "ann/1/1.jpg": "", "ben/2/1.jpg": "" },
      { "train/a/1.jpg": "", "test/a/1.jpg": "" },
      { "train/1/1.jpg": "", "train/2/1.jpg": "", "test/1/1.jpg": "", "test/2/1.jpg": "" },
      { "00000_a/1.jpg": "", "00001_b/1.jpg": "" },
      { "2019/a/1.jpg": "", "2018/a/1.jpg": "" },
    ];
    for (const tree of trees) expect(await recognises(inaturalist, await folderWith(tree))).toBe(false);
  });

  test("with a list damaged says so", async () => {
    const root = await folderWith({ ...year2019, "train2019.json": "{" });
    expect(await refusal(inaturalist, root)).toMatch(/^FGKD_INVALID_DATA ROOT\/train2019.json: is not JSON/);
  });
});
