import { setTimeout } from "node:timers/promises";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { askForHeader, bytesToDecode, readHeader, sizeProblem } from "../../../plugins/data/images/header.js";
import { createPictureMemory, reserve } from "../../../plugins/data/images/memory.js";
import { classFolders, collect, folderWith, input, openFolder, said } from "./support.js";

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "rgb(90, 120, 60)" } });
const good = await classFolders(["train", "test"], ["a", "b"], 6);
const high = await plain(1, 200_000).png({ compressionLevel: 9 }).toBuffer();
const wide = await plain(60_000, 1).jpeg().toBuffer();
const strip = await plain(16_000, 2).webp().toBuffer();

describe("a picture whose shape makes it enormous when it is resized", () => {
  test.each([
    ["a PNG of one column", high, 2 ** 22, "is 1 × 200000, and 16 × 3200000 when it is resized"],
    ["a JPEG of one row", wide, 2 ** 22, "is 60000 × 1, and 960000 × 16 when it is resized"],
    ["a strip in WebP", strip, 2 ** 20, "is 16000 × 2, and 128000 × 16 when it is resized"],
  ])("is refused before anything is made of it: %s", async (_, bytes, maxPixels, sizes) => {
    expect(bytes.length).toBeLessThan(20_000);
    const root = await folderWith({ ...good, "train/a/x": bytes });
    const opening = openFolder(root, { maxPixels }, [input]);
    await expect(opening).rejects.toThrow(/^FGKD_BAD_IMAGE .*train\/a\/x: is /);
    await expect(opening).rejects.toThrow(
      `${sizes} (input.resize 16, fit shorter): more than ${maxPixels} pixels on the way (data.maxPixels). Replace or remove`,
    );
    const source = await openFolder(root, { maxPixels, onBadImage: "skip" }, [{ ...input, resize: 2 }, input]);
    expect([source.count("train"), said.some((line) => line.includes(sizes))]).toEqual([12, true]);
  });

  test("is refused by name where sizes become known only when it is read", async () => {
    const source = await openFolder(await folderWith({ ...good, "train/a/x": high }), { maxPixels: 2 ** 22 });
    await expect(collect(source, { batchSize: 13 })).rejects.toThrow(
      /^FGKD_BAD_IMAGE .*train\/a\/x: is 1 × 200000, and 16 × 3200000 when it is resized: more than 4194304 pixels/,
    );
  });

  test("is refused for what lies between rows and columns, too", () => {
    const from = { width: 1, height: 10 ** 6, isProgressive: false, hasExif: false };
    expect(sizeProblem(from, [{ resize: 448, fit: "warp" }], 2 ** 26)).toContain("448 × 448");
    expect(
      sizeProblem({ ...from, width: 4000, height: 6000 }, [{ resize: 448, fit: "warp" }], 2 ** 26),
    ).toBeUndefined();
  });

  test("is read where the settings make little of it", async () => {
    const lines = [{ name: "random-resized-crop" }] as const;
    const own = {
      ...input,
      transforms: { train: lines, test: [{ name: "resize", fit: "warp" }, { name: "center-crop" }] },
    } as const;
    const root = await folderWith({ ...good, "train/a/x": high });
    expect((await openFolder(root, { maxPixels: 2 ** 22 }, [own])).count("train")).toBe(13);
  });
});

test.each([
  ["sequential JPEG", plain(40, 30).jpeg()],
  ["progressive JPEG", plain(40, 30).jpeg({ progressive: true })],
  ["turned JPEG", plain(40, 30).withMetadata({ orientation: 6 }).jpeg()],
  ["PNG", plain(40, 30).png()],
  ["interlaced PNG", plain(40, 30).png({ progressive: true })],
])("the header of a %s says what the decoder says", async (_, picture) => {
  const bytes = await picture.toBuffer();
  const header = readHeader(bytes);
  expect(header).toEqual(await askForHeader(bytes));
  expect(header).toMatchObject({ width: 40, height: 30 });
});

test("pictures that come in passes, or are turned, count for the memory that they take", () => {
  const header = { width: 1000, height: 1000, isProgressive: false, hasExif: false };
  const plainly = bytesToDecode(header, 0);
  expect(bytesToDecode({ ...header, hasExif: true }, 0)).toBe(plainly + 3e6);
  expect(bytesToDecode({ ...header, isProgressive: true }, 0)).toBe(plainly + 8e6);
});

describe("memory for pictures", () => {
  const mebi = 2 ** 20;

  test("is shared out: nobody gets more than there is", async () => {
    const memory = createPictureMemory(100 * mebi);
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const release = await reserve(memory, (10 + 5 * index) * mebi);
        most = Math.max(most, Atomics.load(memory.used, 0));
        await setTimeout(2);
        release();
      }),
    );
    expect(most).toBeLessThanOrEqual(100);
    expect(Atomics.load(memory.used, 0)).toBe(0);
  });

  test("is all for one picture that needs more than there is", async () => {
    const memory = createPictureMemory(100 * mebi);
    const first = await reserve(memory, mebi);
    let got = false;
    const large = reserve(memory, 500 * mebi).then((release) => {
      got = true;
      return release;
    });
    await setTimeout(30);
    expect(got).toBe(false);
    first();
    (await large)();
    expect([got, Atomics.load(memory.used, 0)]).toEqual([true, 0]);
  });
});

describe("what tests do not see of pictures", () => {
  const wide = (of: readonly string[]) =>
    Object.fromEntries(
      of.flatMap((split, at) =>
        ["a", "b"].map((name, label) => [
          `${split}/${name}/0.png`,
          plain(64, 32)
            .modulate({ brightness: 1 + 0.1 * (2 * at + label) })
            .png()
            .toBuffer(),
        ]),
      ),
    );
  const folder = async () => {
    const tree = wide(["train", "test"]);
    return folderWith(
      Object.fromEntries(await Promise.all(Object.entries(tree).map(async ([path, bytes]) => [path, await bytes]))),
    );
  };
  const told = async (settings: Partial<typeof input> & object) => {
    const before = said.length;
    await openFolder(await folder(), {}, [{ ...input, ...settings }]);
    return said.slice(before).filter((line) => line.includes("cut off"));
  };

  test("is told once, as a share of their area", async () => {
    const before = said.length;
    await openFolder(await folder(), {}, [input, { ...input, flip: 0 }]);
    const lines = said.slice(before).filter((line) => line.includes("cut off"));
    expect(lines).toEqual([
      expect.stringContaining("(16 × 16 of the 16 that the shorter side becomes): 50 % of their area"),
    ]);
  });

  test("is nothing where they are warped, or shown with a border", async () => {
    expect(await told({ fit: "warp" })).toEqual([]);
    const test = [{ name: "resize", fit: "pad" }, { name: "center-crop" }] as const;
    expect(await told({ transforms: { test } })).toEqual([]);
  });

  test("is more where the crop is smaller than what pictures become", async () => {
    expect(await told({ crop: 8 })).toEqual([expect.stringContaining("88 % of their area")]);
  });
});
