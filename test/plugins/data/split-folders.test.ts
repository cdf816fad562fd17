import { describe, expect, test } from "vitest";
import { splitName } from "../../../plugins/data/folder/split-names.js";
import { countsOf, files, layoutOf, refusal } from "./layout-support.js";

/** Two classes in each of these folders, three files a class. */
function splitsOf(...folders: readonly string[]): Readonly<Record<string, string>> {
  return files(
    Object.fromEntries(folders.flatMap((folder) => [`${folder}/a`, `${folder}/b`].map((path) => [path, 3]))),
  );
}

describe("folders that are called like splits", () => {
  test.each([
    ["train", "test"],
    ["Training", "Test"],
    ["TRAIN", "TEST"],
    ["Train", "Val"],
    ["training", "testing"],
    ["training_set", "test_set"],
    ["trainset", "testset"],
    ["Train Set", "Valid Set"],
    ["TrainingData", "TestData"],
    ["train-images", "validation-images"],
    ["train2017", "val2017"],
    ["seg_train", "seg_test"],
    ["seg_train/seg_train", "seg_test/seg_test"],
    ["archive/fruits/Training", "archive/fruits/Test"],
    ["cars_train", "cars_test"],
    ["CarsTrain", "CarsTest"],
    ["birds-train", "birds-eval"],
    ["trainval", "test"],
  ])("are read as splits, and never as classes: %s, %s", async (train, test) => {
    const layout = await layoutOf(splitsOf(train, test));
    expect(layout.classes).toEqual(["a", "b"]);
    expect(countsOf(layout)).toEqual([6, 0, 6]);
  });

  test.each([
    ["Training", "Validation", "Test"],
    ["TRAIN", "VAL", "TEST"],
    ["training_set", "valid_set", "test_set"],
    ["train", "dev", "test"],
  ])("are three where there are three: %s, %s, %s", async (...splits) => {
    expect(countsOf(await layoutOf(splitsOf(...splits)))).toEqual([6, 6, 6]);
  });

  test.each([
    ["stations", undefined],
    ["contest", undefined],
    ["training_test", undefined],
    ["latest", undefined],
    ["test tube", { split: "test", rest: "tube" }],
    ["Train_Set", { split: "train", rest: "" }],
    ["train_val", { split: "train", rest: "" }],
    ["val_train", { split: "train", rest: "" }],
    ["ＴＲＡＩＮ", { split: "train", rest: "" }],
  ])("are told from others: %s", (name, found) => {
    expect(splitName(name)).toEqual(found);
  });

  test("are none where a name only begins like one, and nothing is its counterpart", async () => {
    const layout = await layoutOf(files({ "test tube": 3, "train station": 3, lamp: 3 }));
    expect(layout.classes).toEqual(["lamp", "test tube", "train station"]);
  });

  test("are refused where two could be meant", async () => {
    expect(await refusal(splitsOf("train_set", "train_data", "test"))).toContain(
      "FGKD_INVALID_DATA ROOT: train_data/ and train_set/ could both be the train split. Call the one that counts train.",
    );
    expect(await refusal(splitsOf("train", "test1", "test2"))).toContain("Say which in data.testFolders");
    expect(countsOf(await layoutOf(splitsOf("train", "test1", "test2"), { testFolders: ["test2"] }))).toEqual([
      6, 0, 6,
    ]);
  });

  test("are refused where there is nothing to train on, or classes hold the splits", async () => {
    expect(await refusal(splitsOf("test"))).toContain("there is test/, but no train/ with class folders beside it");
    expect(await refusal(splitsOf("Test", "Valid"))).toContain("hand over Test/ itself");
    expect(await refusal(files({ a: 2, b: 2, "test/a": 2, "test/b": 2 }))).toContain(
      "but no train/ with class folders",
    );
    expect(await refusal(files({ "a/train": 2, "a/test": 2, "b/train": 2, "b/test": 2 }))).toContain(
      "every class folder holds test/ and train/. Turn it around: test/<class>/… and train/<class>/….",
    );
  });

  test("are passed over with a line where they are not used, and so is what lies beside them", async () => {
    const { notes } = await layoutOf({ ...splitsOf("train", "test", "Train", "papers"), ...files({ val: 4 }) });
    expect(notes).toEqual([
      "Passed over beside the splits: Train/ (2 class folders), papers/, val/ (4 images, but no class folders).",
    ]);
    expect((await layoutOf(splitsOf("train", "test", "val"), { validationFolders: [] })).notes).toEqual([]);
    expect((await layoutOf(splitsOf("train", "test", "val", "valid"))).notes.join()).toContain(
      "valid/ (2 class folders)",
    );
  });
});

describe("test images without labels", () => {
  test.each([
    ["test/ of images", { test: 4 }, "4 images, but no class folders"],
    ["test/test/ of images", { "test/test": 4 }, "4 images, but no class folders"],
    ["test/ of one folder that is no class", { "test/unknown": 4 }, "one class folder, unknown"],
    ["Testing/ of one image", { Testing: 1 }, "1 image, but no class folders"],
  ])("are passed over for the validation folder, and that is told: %s", async (_, tests, words) => {
    const layout = await layoutOf({ ...splitsOf("train", "valid"), ...files(tests) });
    expect(countsOf(layout)).toEqual([6, 0, 6]);
    const name = Object.keys(tests)[0]?.split("/")[0];
    expect(layout.notes[0]).toBe(
      `valid/ is the test split: ${name}/ has no labels (${words}). data.testFolders names another.`,
    );
  });

  test("are refused where there is no other folder to test on", async () => {
    expect(await refusal({ ...splitsOf("train"), ...files({ test: 4 }) })).toContain(
      "test/ has no labels (4 images, but no class folders), and there is no val/ to test on. Add test/<class>/…, or name a folder that has them in data.testFolders",
    );
  });
});

describe("a class that is called like a split", () => {
  test.each(["train", "Training", "valid", "val"])(
    "is a class where it holds images, as its neighbours do: %s",
    async (name) => {
      const layout = await layoutOf(files({ bus: 5, car: 5, [name]: 5 }));
      expect([...layout.classes].sort()).toEqual(["bus", "car", name].sort());
      expect(layout.notes).toEqual([`${name}/ is taken for a class, as the folders beside it: it is no split.`]);
    },
  );

  test("may hold folders beside its images, or in their place", async () => {
    expect((await layoutOf(files({ bus: 5, train: 5, "train/steam": 5 }))).classes).toEqual(["bus", "train"]);
    expect((await layoutOf(files({ "valid/x": 5, "invalid/y": 5 }))).classes).toEqual(["invalid", "valid"]);
  });

  test.each([
    [
      { train: 3, test: 3 },
      "train/ and test/ hold images, but no class folders: are they classes, or images without labels?",
    ],
    [{ Training: 3, Validation: 3 }, "Training/ and Validation/ hold images"],
    [{ bus: 3, car: 3, test: 3 }, "test/ holds images, but no class folders: is it a class, or images without labels?"],
    [{ bus: 3, car: 3, train: 3, test: 3 }, "a class needs a name that no split has: rename it"],
    [{ train: 3, "test/a": 3, "test/b": 3 }, "train/ holds images, but no class folders"],
    [{ cars_train: 3, cars_test: 3, "devkit/x": 1 }, "cars_train/ and cars_test/ hold images"],
  ])("is refused where it may as well be images without labels: %j", async (counts, text) => {
    const message = await refusal(files(counts));
    expect(message).toMatch(/^FGKD_INVALID_DATA ROOT: /);
    expect(message).toContain(text);
  });
});

describe("a folder of which everything is for tests", () => {
  const all = { testAll: true };

  test("is tested whole where its folders are classes, one image a class or many", async () => {
    expect(countsOf(await layoutOf(files({ a: 20, b: 20, c: 20 }), all))).toEqual([0, 0, 60]);
    expect(countsOf(await layoutOf(files({ a: 1, b: 1, c: 1 }), all))).toEqual([0, 0, 3]);
  });

  test("is tested by its own test or validation split, whether it has images to train on or not", async () => {
    expect(countsOf(await layoutOf(splitsOf("train", "test"), all))).toEqual([6, 0, 6]);
    expect(countsOf(await layoutOf(splitsOf("Test"), all))).toEqual([0, 0, 6]);
    expect(countsOf(await layoutOf(splitsOf("val"), all))).toEqual([0, 0, 6]);
    const both = await layoutOf(splitsOf("val", "test"), all);
    expect(countsOf(both)).toEqual([0, 6, 6]);
    expect(both.testsOnly).toBe(true);
  });

  test("needs none of the folders that the run's settings name", async () => {
    const run = { ...all, testFolders: ["test", "test-extra"], validationFolders: ["dev"] };
    expect(countsOf(await layoutOf(files({ a: 4, b: 4 }), run))).toEqual([0, 0, 8]);
    expect(countsOf(await layoutOf(splitsOf("train", "test", "test-extra", "dev"), run))).toEqual([6, 6, 12]);
    expect(countsOf(await layoutOf(splitsOf("train", "test"), run))).toEqual([6, 0, 6]);
    expect(countsOf(await layoutOf(splitsOf("test-extra"), run))).toEqual([0, 0, 6]);
  });
});
