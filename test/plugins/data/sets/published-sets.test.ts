/** The miniatures of published sets in ../shared/data/layouts: what each is read as, and what is said when something is wrong. */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FolderOptions } from "../../../../plugins/data/folder/options.js";
import { carNames } from "../../../../plugins/data/sets/cars-names.js";
import { readMat } from "../../../../plugins/data/sets/mat.js";
import { classFolders, collect, folderWith, openFolder, picture, said, testPass } from "../support.js";

const layouts = new URL("../../../../../shared/data/layouts", import.meta.url).pathname;
const has = existsSync(layouts);

/** A copy of a miniature that may be changed. */
async function copyOf(name: string): Promise<string> {
  const root = await folderWith({ "keep.txt": "" });
  await cp(join(layouts, name), join(root, name), { recursive: true });
  return join(root, name);
}

/** Counts, classes and the first test labels of a set as the source gives them. */
async function look(path: string, options: Omit<FolderOptions, "path"> = {}) {
  const source = await openFolder(path, options);
  return {
    source,
    counts: [source.count("train"), source.count("validation"), source.count("test")],
    classes: source.classes,
  };
}

const refusal = (path: string, options: Omit<FolderOptions, "path"> = {}) =>
  openFolder(path, options).then(
    () => "nothing",
    (error: Error) => error.message,
  );

const miniatures: readonly (readonly [folder: string, counts: readonly number[], classes: readonly string[]])[] = [
  ["CUB_200_2011", [6, 0, 6], ["001.Black_footed_Albatross", "002.Laysan_Albatross", "003.Sooty_Albatross"]],
  ["nabirds", [6, 0, 6], ["Oldsquaw (Adult male)", "Wood Duck (Breeding male)", "House Sparrow (Female/Juvenile)"]],
  ["stanford_cars", [6, 0, 6], ["Acura TL Type-S 2008", "Audi TTS Coupe 2012", "Ram C/V Cargo Van Minivan 2012"]],
  [
    "stanford_cars_combined",
    [6, 0, 6],
    ["Acura TL Type-S 2008", "Audi TTS Coupe 2012", "Ram C/V Cargo Van Minivan 2012"],
  ],
  ["fgvc-aircraft-2013b", [8, 0, 4], ["707-320", "727-200", "F-16A/B", "Challenger 600"]],
  ["stanford_dogs", [6, 0, 6], ["Chihuahua", "Japanese_spaniel", "Staffordshire_bullterrier"]],
];

describe.skipIf(!has)("a published set, as downloaded", () => {
  test.each(miniatures)("%s is recognised, with its own split and class order", async (folder, counts, classes) => {
    expect(await look(join(layouts, folder))).toMatchObject({ counts, classes });
  });

  test("each image has the label that its list says", async () => {
    const { source } = await look(join(layouts, "stanford_cars"));
    const batches = await collect(source, { batchSize: 6 }, testPass);
    // Tests are files 1 to 6, two of each class in turn.
    const labels = batches.flatMap((batch) => batch.labels);
    const paths = batches.flatMap(({ indices }) => indices.map((at) => source.about?.("test", at).path?.slice(-9)));
    expect(Object.fromEntries(paths.map((path, at) => [path, labels[at]]))).toEqual(await carTests());
  });

  test("is found in its parent's parent, and in a folder of its own name", async () => {
    const root = await copyOf("nabirds");
    await mkdir(join(root, "../outer"));
    await rename(root, join(root, "../outer/nabirds"));
    expect((await look(join(root, ".."))).counts).toEqual([6, 0, 6]);
    const cars = await copyOf("stanford_cars");
    await rename(join(cars, "cars_train"), join(cars, "inner"));
    await mkdir(join(cars, "cars_train"));
    await rename(join(cars, "inner"), join(cars, "cars_train/cars_train"));
    expect((await look(cars)).counts).toEqual([6, 0, 6]);
  });

  test("is named where only its folder of images is given", async () => {
    await look(join(layouts, "CUB_200_2011/images"));
    expect(said.join("\n")).toContain("This folder is a part of CUB-200-2011");
  });

  test("is told with its counts, and with what it should have", async () => {
    await look(join(layouts, "stanford_dogs"));
    expect(said).toContain(
      "Stanford Dogs: 3 classes in the order of the breeds' ImageNet numbers; images: 6 train, 6 test.",
    );
    expect(said.join("\n")).toContain("Stanford Dogs as published has 120 classes, 12000 images to train on");
  });

  test("brings ranks, overlaps, boxes and places of parts", async () => {
    const birds = await openFolder(join(layouts, "nabirds"));
    expect(birds.ranks).toEqual({
      level1: ["Ducks, Geese, and Swans", "Ducks, Geese, and Swans", "Old World Sparrows"],
    });
    const planes = await openFolder(join(layouts, "fgvc-aircraft-2013b"));
    expect(planes.ranks?.manufacturer).toEqual(["Boeing", "Boeing", "Lockheed Corporation", "Canadair"]);
    expect(planes.about?.("train", 0).box).toEqual({ left: 24, top: 19, width: 33, height: 29 });
    const cub = await openFolder(join(layouts, "CUB_200_2011"));
    expect(cub.about?.("train", 0)).toMatchObject({
      box: { left: 14, top: 8, width: 26, height: 21 },
      parts: { back: [15, 10] },
    });
    expect(cub.overlaps?.[0]).toContain("CUB-200-2011");
    const dogs = await openFolder(join(layouts, "stanford_dogs"));
    expect(dogs.about?.("train", 0).box).toEqual({ left: 15, top: 9, width: 26, height: 21 });
  });

  test("does not mind lines that end as on Windows, nor a mark of byte order", async () => {
    const root = await copyOf("CUB_200_2011");
    for (const name of ["images.txt", "classes.txt"]) {
      const text = await readFile(join(root, name), "utf8");
      await writeFile(join(root, name), `\ufeff${text.replaceAll("\n", "\r\n")}`);
    }
    expect((await look(root)).classes[2]).toBe("003.Sooty_Albatross");
  });
});

/** Labels by file, from the file of annotations itself. */
async function carTests() {
  const annotations = (await readMat(join(layouts, "stanford_cars/cars_test_annos_withlabels.mat"))).get("annotations");
  const entries = annotations?.kind === "struct" ? annotations.entries : [];
  return Object.fromEntries(
    entries.map(({ fname, class: label }) => [
      fname?.kind === "text" ? fname.text : "",
      label?.kind === "numbers" ? (label.values[0] as number) - 1 : -1,
    ]),
  );
}

describe.skipIf(!has)("what is asked of a published set", () => {
  test("families of aircraft become the classes, in their list's order", async () => {
    const { classes, source } = await look(join(layouts, "fgvc-aircraft-2013b"), { rank: "family" });
    expect(classes).toEqual(["Boeing 707", "Boeing 727", "F-16", "Challenger 600"]);
    expect(source.ranks).toEqual({ manufacturer: ["Boeing", "Boeing", "Lockheed Corporation", "Canadair"] });
  });

  test("makes of cars become the classes", async () => {
    expect((await look(join(layouts, "stanford_cars"), { rank: "make" })).classes).toEqual(["Acura", "Audi", "Ram"]);
    expect(await refusal(join(layouts, "stanford_cars"), { rank: "colour" })).toContain("must be one of make");
  });

  test("the validation images of aircraft are for validation on request only", async () => {
    const asked = await look(join(layouts, "fgvc-aircraft-2013b"), { validationFolders: ["val"] });
    expect(asked.counts).toEqual([4, 4, 4]);
  });

  test("the banner of aircraft is cut off unless it is to stay", async () => {
    const pixels = async (options: Omit<FolderOptions, "path">) => {
      const { source } = await look(join(layouts, "fgvc-aircraft-2013b"), { ...options });
      return (await collect(source, {}, testPass))[0]?.images;
    };
    expect(await pixels({})).not.toEqual(await pixels({ cropBanner: 0 }));
  });

  test("of each picture only its box is seen, where it has one", async () => {
    const whole = await look(join(layouts, "CUB_200_2011"));
    const boxed = await look(join(layouts, "CUB_200_2011"), { crop: "box" });
    expect((await collect(boxed.source, {}, testPass))[0]?.images).not.toEqual(
      (await collect(whole.source, {}, testPass))[0]?.images,
    );
    expect(boxed.source.fingerprint).not.toBe(whole.source.fingerprint);
    expect(
      await refusal(await folderWith(await classFolders(["train", "test"], ["a", "b"], 2)), { crop: "box" }),
    ).toContain("comes without bounding boxes");
  });

  test("two sets become one, the classes of the second after those of the first", async () => {
    const { source, classes, counts } = await look(join(layouts, "CUB_200_2011"), {
      and: [{ path: join(layouts, "stanford_dogs"), layout: "dogs" }],
    });
    expect(counts).toEqual([12, 0, 12]);
    expect(classes.slice(2, 4)).toEqual(["003.Sooty_Albatross", "Chihuahua"]);
    expect([source.about?.("test", 0).set, source.about?.("test", 11).set]).toEqual(["CUB-200-2011", "Stanford Dogs"]);
    const labels = (await collect(source, { batchSize: 12 }, testPass)).flatMap((batch) => batch.labels);
    expect(labels).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(source.overlaps).toHaveLength(2);
  });

  test("classes of one name stay two when sets are merged", async () => {
    const [one, other] = [
      await folderWith(await classFolders(["train", "test"], ["a", "b"], 2)),
      await folderWith(await classFolders(["train", "test"], ["b", "c"], 2)),
    ];
    const { classes, counts } = await look(one, { and: [{ path: other, layout: "auto" }] });
    expect(counts).toEqual([8, 0, 8]);
    expect([classes[1], classes[2]?.replace(/fgkd-data-\w+/, "other")]).toEqual(["b", "b (other)"]);
  });

  test("of a set without a split a part is kept for tests before it is merged", async () => {
    const one = await folderWith(await classFolders(["train", "test"], ["a", "b"], 2));
    const unsplit = await folderWith(await classFolders([""], ["c", "d"], 5));
    const { counts } = await look(one, { and: [{ path: unsplit, layout: "auto" }], split: 0.4 });
    expect(counts).toEqual([4 + 6, 0, 4 + 4]);
  });

  test("the fingerprint changes with a label", async () => {
    const root = await copyOf("CUB_200_2011");
    const before = (await openFolder(root)).fingerprint;
    const labels = await readFile(join(root, "image_class_labels.txt"), "utf8");
    await writeFile(join(root, "image_class_labels.txt"), labels.replace("\n4 1\n", "\n4 2\n"));
    expect((await openFolder(root)).fingerprint).not.toBe(before);
  });
});

describe("folders of cars that are called like classes", () => {
  const folders = [
    "Acura RL Sedan 2012",
    "Acura Integra Type R 2001",
    "AM General Hummer SUV 2000",
    "Ram C_V cargo van minivan 2012",
  ];

  test("get the order of cars_meta.mat, where names sorted would be wrong", async () => {
    const { classes } = await look(await folderWith(await classFolders(["train", "test"], folders, 2)));
    expect(classes).toEqual([
      "AM General Hummer SUV 2000",
      "Acura RL Sedan 2012",
      "Acura Integra Type R 2001",
      "Ram C/V Cargo Van Minivan 2012",
    ]);
    expect([...classes].sort()).not.toEqual(classes);
  });

  test("differ from sorted names in 143 of 196 places", () => {
    const sorted = [...carNames].sort();
    expect(carNames.filter((name, at) => name !== sorted[at])).toHaveLength(143);
    expect(new Set(carNames).size).toBe(196);
  });

  test("are folders like any others where most are called otherwise", async () => {
    const others = ["bus", "lorry", "tram", "van"];
    const root = await folderWith(await classFolders(["train", "test"], [...folders.slice(0, 3), ...others], 2));
    expect((await look(root)).classes).toEqual([...folders.slice(0, 3), ...others].sort());
  });

  test("are refused where one is called like none", async () => {
    const root = await folderWith(await classFolders(["train", "test"], [...folders, "Acura RL Sedann 2012"], 2));
    const problem = await refusal(root);
    expect(problem).toContain('the folder "Acura RL Sedann 2012" is called like no class of Stanford Cars');
    expect(problem).toContain('Did you mean "Acura RL Sedan 2012"?');
    expect((await look(root, { layout: "folders" })).classes[0]).toBe("AM General Hummer SUV 2000");
  });
});

describe.skipIf(!has)("a set that is not whole gives one clear message", () => {
  const cases: readonly (readonly [set: string, change: (root: string) => Promise<void>, message: string])[] = [
    ["CUB_200_2011", (root) => rm(join(root, "train_test_split.txt")), "train_test_split.txt is missing"],
    [
      "CUB_200_2011",
      (root) => rename(join(root, "images.txt"), join(root, "image.txt")),
      'images.txt is missing. Take it from the set\'s archive once more. Did you mean "image.txt"?',
    ],
    ["CUB_200_2011", (root) => writeFile(join(root, "classes.txt"), "1 a\n1 b\n"), "1 has two lines"],
    [
      "CUB_200_2011",
      (root) => rm(join(root, "images/003.Sooty_Albatross"), { recursive: true }),
      "is listed, but not there; 4 of 12 listed images are missing",
    ],
    ["nabirds", (root) => rm(join(root, "hierarchy.txt")), "hierarchy.txt is missing"],
    ["nabirds", (root) => writeFile(join(root, "hierarchy.txt"), "817 860\n860 817\n1010 0\n"), "go in a circle"],
    ["stanford_cars", (root) => rm(join(root, "devkit/cars_train_annos.mat")), "cars_train_annos.mat is missing"],
    [
      "stanford_cars",
      async (root) => {
        const path = join(root, "devkit/cars_train_annos.mat");
        await writeFile(path, (await readFile(path)).subarray(0, 300));
      },
      "cars_train_annos.mat: is cut short or damaged",
    ],
    ["stanford_cars", (root) => rm(join(root, "cars_test/00003.jpg")), "00003.jpg: is listed, but not there"],
    ["stanford_cars_combined", (root) => rm(join(root, "cars_annos.mat")), "cars_annos.mat is missing"],
    [
      "fgvc-aircraft-2013b",
      (root) => rm(join(root, "data/images_variant_test.txt")),
      "images_variant_test.txt is missing",
    ],
    [
      "fgvc-aircraft-2013b",
      (root) => writeFile(join(root, "data/variants.txt"), "707-320\n"),
      "is not in variants.txt",
    ],
    ["stanford_dogs", (root) => rm(join(root, "test_list.mat")), "nothing says what is for testing"],
    [
      "stanford_dogs",
      (root) => writeFile(join(root, "train_list.mat"), "MATLAB 7.3 MAT-file".padEnd(200)),
      "is a MAT file of version 7.3 (HDF5)",
    ],
  ];
  test.each(cases)("%s: %#", async (set, change, message) => {
    const root = await copyOf(set);
    await change(root);
    expect(await refusal(root)).toContain(message);
  });

  test("or is trained on without what is missing, on request", async () => {
    const root = await copyOf("CUB_200_2011");
    await rm(join(root, "images/001.Black_footed_Albatross/Black_footed_Albatross_0001_1001.jpg"));
    expect((await look(root, { onBadImage: "skip" })).counts).toEqual([5, 0, 6]);
    expect(said.join("\n")).toContain("1 of 12 listed images are missing");
  });

  test("or, of cars without test labels, a part of the training images is tested on", async () => {
    const root = await copyOf("stanford_cars");
    await rm(join(root, "cars_test_annos_withlabels.mat"));
    const { counts } = await look(root, { split: 0.5 });
    expect(counts).toEqual([3, 0, 3]);
    expect(said.join("\n")).toContain("The test images come without labels");
  });

  test("a list that leads out of its folder is refused", async () => {
    const root = await copyOf("CUB_200_2011");
    const text = await readFile(join(root, "images.txt"), "utf8");
    await writeFile(join(root, "images.txt"), text.replace("1 001.", "1 ../../001."));
    expect(await refusal(root)).toContain("leads out of the data set");
  });

  test("a layout that is named counts, whatever the folder looks like", async () => {
    expect(await refusal(join(layouts, "nabirds"), { layout: "dogs" })).toContain("no folder Images");
    expect(await refusal(layouts)).toContain("several data sets");
  });
});

describe("a photograph that a camera noted as turned", () => {
  test("stays as it is stored in a published set", async () => {
    const names = ["Acura RL Sedan 2012", "Acura TL Sedan 2012", "Audi A5 Coupe 2012"];
    const tree = await classFolders(["train", "test"], names, 2);
    const { default: sharp } = await import("sharp");
    const turned = await sharp(await picture({ r: 250, g: 0, b: 0 }))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const pixels = async (layout: FolderOptions["layout"]) => {
      const root = await folderWith({ ...tree, [`test/${names[0]}/0.png`]: turned });
      return (await collect(await openFolder(root, { layout }), {}, testPass))[0]?.images;
    };
    expect(await pixels("cars")).not.toEqual(await pixels("folders"));
  });
});
