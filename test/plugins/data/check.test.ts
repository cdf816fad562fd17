import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type DataCheck, type DataReport } from "../../../core/index.js";
import { rowsOfStrip } from "../../../plugins/data/check/banner.js";
import { chooseForSheet } from "../../../plugins/data/check/sheet.js";
import { GRID, nearGroups } from "../../../plugins/data/check/sight.js";
import { type FolderOptions, sources } from "../../../plugins/data/index.js";
import { folderWith } from "./support.js";

/** A photograph of sorts: soft blobs of many colours, the same for the same seed; as a PNG. */
async function photo(seed: string, width = 200, height = 160): Promise<Buffer> {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: 6 * 5 * 3 }, () => Math.floor(256 * random.next()));
  return sharp(data, { raw: { width: 6, height: 5, channels: 3 } })
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .png()
    .toBuffer();
}

/** So many photographs of each class of each split, no two alike. */
async function photos(splits: readonly string[], classes: Readonly<Record<string, number>>) {
  const tree: Record<string, Uint8Array> = {};
  for (const split of splits)
    for (const [name, count] of Object.entries(classes))
      for (let at = 0; at < count; at++) tree[`${split}/${name}/${at}.png`] = await photo(`${split}/${name}/${at}`);
  return tree;
}

async function check(path: string, asked: DataCheck = {}, options: Partial<FolderOptions> = {}): Promise<DataReport> {
  const opener = createTraining({ plugins: [sources()] }).sources.create("folder", { ...options, path });
  if (!opener.check) throw new Error("the folder source checks nothing");
  return opener.check(asked);
}

let plain: Readonly<Record<string, Uint8Array>>;

beforeAll(async () => {
  plain = await photos(["train", "test"], { ant: 4, bee: 4 });
});

const bytesOf = (path: string) => plain[path] as Uint8Array;

describe("a data set that is as it should be", () => {
  test("is counted class by class and split by split, measured, and passes", async () => {
    const told: number[] = [];
    const report = await check(await folderWith({ ...plain, "train/ant/wide.png": await photo("wide", 400, 300) }), {
      onProgress: (done, total) => void told.push(done / total),
    });
    expect(report).toMatchObject({
      layout: "folders",
      counts: { train: 9, validation: 0, test: 8 },
      classes: [
        { name: "ant", images: { train: 5, validation: 0, test: 4 } },
        { name: "bee", images: { train: 4, validation: 0, test: 4 } },
      ],
      sizes: { smallest: { width: 200, height: 160 }, median: [200, 160], largest: { path: "train/ant/wide.png" } },
      corrupt: [],
      duplicates: [],
      imbalance: 1.25,
      banner: null,
      spoils: [],
      notes: [],
    });
    expect(told).toEqual(Array.from({ length: 17 }, (_, at) => (at + 1) / 17));
  });

  test("has the splits that training would draw", async () => {
    const flat = Object.entries(plain).filter(([path]) => path.startsWith("train/"));
    const root = await folderWith(
      Object.fromEntries(flat.map(([path, bytes]) => [path.slice("train/".length), bytes])),
    );
    const report = await check(root, {}, { split: 0.25 });
    expect(report.counts).toEqual({ train: 6, validation: 0, test: 2 });
  });
});

describe("what would spoil training", () => {
  const spoilsOf = async (more: Readonly<Record<string, Uint8Array | string>>) =>
    (await check(await folderWith({ ...plain, ...more }))).spoils;

  test("is a file that cannot be used, with its name and why, whatever its last bytes look like", async () => {
    const jpeg = await sharp(await photo("jpeg"))
      .jpeg({ quality: 95 })
      .toBuffer();
    // It ends as files end, but half of the picture is not there.
    const torn = Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]);
    const root = await folderWith({
      ...plain,
      "train/ant/cut.png": bytesOf("train/ant/0.png").subarray(0, 3000),
      "train/ant/text.jpg": "hello",
      "train/bee/torn.jpg": torn,
    });
    const { corrupt, spoils } = await check(root);
    expect(corrupt.map(({ path }) => path)).toEqual(["train/ant/cut.png", "train/ant/text.jpg", "train/bee/torn.jpg"]);
    expect(corrupt[1]?.problem).toBe("is not a JPEG, PNG, WebP or GIF image");
    expect(spoils).toEqual([expect.stringMatching(/^3 files cannot be used: train\/ant\/cut\.png /)]);
  });

  test("is an image in two splits, byte for byte", async () => {
    expect(await spoilsOf({ "test/ant/copy.png": bytesOf("train/ant/1.png") })).toEqual([
      "1 image in several splits, byte for byte: train/ant/1.png and test/ant/copy.png. Tests would measure memory.",
    ]);
  });

  test("is an image in two classes, byte for byte", async () => {
    expect(await spoilsOf({ "train/bee/copy.png": bytesOf("train/ant/1.png") })).toEqual([
      "1 image in several classes, byte for byte: train/ant/1.png and train/bee/copy.png. One label is wrong.",
    ]);
  });

  test("is a class without a usable image, in training or in tests", async () => {
    expect(await spoilsOf({ "train/cow/0.jpg": "no image" })).toEqual([
      expect.stringContaining("1 file cannot be used"),
      "1 class without an image to train on: cow.",
      "1 class without a test image: cow.",
    ]);
    expect(await spoilsOf({ "test/dog/0.png": await photo("dog") })).toEqual([
      "1 class without an image to train on: dog.",
    ]);
  });
});

describe("what one should know", () => {
  const notesOf = async (more: Readonly<Record<string, Uint8Array | string>>) =>
    (await check(await folderWith({ ...plain, ...more }))).notes;

  test("is an image that was encoded anew or made smaller, in another split", async () => {
    const again = await sharp(bytesOf("train/ant/2.png")).resize(120).jpeg({ quality: 70 }).toBuffer();
    const root = await folderWith({ ...plain, "test/ant/again.jpg": again });
    const { duplicates, spoils, notes } = await check(root);
    expect(duplicates).toEqual([
      {
        alike: "nearly",
        images: [
          { path: "train/ant/2.png", split: "train", className: "ant" },
          { path: "test/ant/again.jpg", split: "test", className: "ant" },
        ],
      },
    ]);
    expect(spoils).toEqual([]);
    expect(notes).toEqual([
      "1 image in several splits as far as one can see: train/ant/2.png and test/ant/again.jpg. Look at them.",
    ]);
  });

  test("is a class with three times the images of another", async () => {
    const many = await photos(["train"], { bee: 12 });
    expect(await notesOf(many)).toEqual([expect.stringMatching(/^One class has 3\.0 times the images of another/)]);
  });

  test("are names that somebody may take for one, for a split, or that end in a space", async () => {
    const more = await photos(["train", "test"], { "Bee ": 1, validation: 1 });
    expect(await notesOf(more)).toEqual(
      expect.arrayContaining([
        'Classes "Bee " and "bee" have nearly the same name: are they one?',
        "A class is called like a split: validation.",
        'Names of classes begin or end with a space: "Bee ".',
      ]),
    );
  });

  test("is a strip under most pictures", async () => {
    const text = Buffer.from(`<svg width="200" height="12"><rect x="20" y="3" width="60" height="6"/></svg>`);
    const strip = await sharp({ create: { width: 200, height: 12, channels: 3, background: "white" } })
      .composite([{ input: text }])
      .png()
      .toBuffer();
    const entries = Object.entries(plain).map(async ([path, bytes]) => {
      const under = sharp(bytes)
        .modulate({ brightness: 0.6 })
        .composite([{ input: strip, left: 0, top: 148 }]);
      return [path, await under.png().toBuffer()] as const;
    });
    const { banner, notes } = await check(await folderWith(Object.fromEntries(await Promise.all(entries))));
    expect(banner).toEqual({ rows: 12, share: 1 });
    expect(notes).toEqual([expect.stringContaining("100 % of the pictures end with a strip of 12 rows")]);
  });
});

test("a banner that is cut off beforehand is none to tell of", async () => {
  const black = await sharp({ create: { width: 200, height: 20, channels: 3, background: "black" } })
    .png()
    .toBuffer();
  const pictures = ["1", "2", "3", "4"].map(async (id) => {
    const under = sharp(await photo(id)).composite([{ input: black, left: 0, top: 140 }]);
    return [`data/images/${id}.jpg`, await under.jpeg({ quality: 95 }).toBuffer()] as const;
  });
  const lists = {
    "data/variants.txt": "A1\nB2\n",
    "data/images_variant_trainval.txt": "1 A1\n2 B2\n",
    "data/images_variant_test.txt": "3 A1\n4 B2\n",
  };
  const root = await folderWith({ ...lists, ...Object.fromEntries(await Promise.all(pictures)) });
  expect((await check(root)).layout).toBe("aircraft");
  expect((await check(root)).banner).toBeNull();
  expect((await check(root, {}, { cropBanner: 0 })).banner).toEqual({ rows: 20, share: 1 });
});

describe("a strip", () => {
  const rows = (...values: readonly number[]) => Uint8Array.from(values.flatMap((value) => Array(10).fill(value)));

  test("ends abruptly, and is neither the whole picture nor a thin frame", () => {
    expect(rowsOfStrip(rows(0, 0, 200, 200, 200, 200, 200), 10)).toBe(5);
    expect(rowsOfStrip(rows(185, 185, 200, 200, 200, 200, 200), 10)).toBeUndefined();
    expect(rowsOfStrip(rows(170, 170, 200, 200, 200, 200, 200, 200), 10)).toBe(6);
    expect(rowsOfStrip(rows(200, 200, 200, 200, 200, 200, 200), 10)).toBeUndefined();
    expect(rowsOfStrip(rows(0, 0, 0, 0, 0, 200, 200), 10)).toBeUndefined();
    const faint = Uint8Array.from([...Array(4).fill(200), ...Array(6).fill(226)]);
    expect(rowsOfStrip(Uint8Array.from([...faint, ...rows(200, 200, 200, 200, 200)]), 10)).toBeUndefined();
  });
});

describe("pictures that look alike", () => {
  const noise = (seed: string) => {
    const random = createRandom(seed);
    return Uint8Array.from({ length: GRID * GRID * 3 }, () => Math.floor(200 * random.next()));
  };
  const brighter = (one: Uint8Array, by: number) => one.map((value) => value + by);

  test("differ by a few grey levels, not in colours alone nor by many", () => {
    const [one, other] = [noise("1"), noise("2")];
    const red = one.map((value, at) => (at % 3 === 0 ? value : value + 40));
    expect(nearGroups([one, other, brighter(one, 5), brighter(other, 30), red])).toEqual([[0, 2]]);
  });

  test("are no pictures of one colour: they have nothing to compare", () => {
    const grey = new Uint8Array(GRID * GRID * 3).fill(90);
    expect(nearGroups([grey, grey, brighter(grey, 1)])).toEqual([]);
  });

  test("are found among twelve thousand in seconds", () => {
    const many = Array.from({ length: 12_000 }, (_, at) => noise(String(at)));
    const twin = brighter(many[77] as Uint8Array, 3);
    expect(nearGroups([...many, twin])).toEqual([[77, 12_000]]);
  });
});

describe("a contact sheet", () => {
  test("is a PNG of some images of every class", async () => {
    const root = await folderWith(plain);
    const report = await check(root, { sheet: join(root, "made/sheet.png") });
    expect(report.sheet).toBe(join(root, "made/sheet.png"));
    const { format, width, height } = await sharp(await readFile(join(root, "made/sheet.png"))).metadata();
    expect({ format, width, height }).toEqual({ format: "png", width: 16 * 100 + 4, height: 116 + 4 });
  });

  test("spreads its images over each class, and leaves no class out", () => {
    const classes = Array.from({ length: 200 }, (_, at) => `class ${at}`);
    const images = classes.flatMap((className) =>
      [0, 1, 2, 3].map((at) => ({ className, path: `${className}/${at}` })),
    );
    expect(new Set(chooseForSheet(classes, images).map(({ className }) => className)).size).toBe(200);
    expect(chooseForSheet(["class 0"], images).map(({ path }) => path)).toEqual(
      [0, 1, 2, 3].map((at) => `class 0/${at}`),
    );
  });
});
