import { execFileSync } from "node:child_process";
import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeFile } from "../../../plugins/data/images/decode.js";
import { ImageProblem } from "../../../plugins/data/images/inspect.js";
import { cases } from "../../support/cases.js";
import { classFolders, collect, folderWith, openFolder, picture, said, testPass, trainPass } from "./support.js";

const good = await classFolders(["train", "test"], ["a", "b"], 3);
const photo = await picture({ r: 200, g: 100, b: 50 }, 200, "jpeg");
const damaged = Uint8Array.from(photo);
damaged.fill(0xff, photo.length - 200, photo.length - 150);
const isRoot = process.getuid?.() === 0;

async function message(tree: Readonly<Record<string, string | Uint8Array>>, options = {}): Promise<string> {
  const root = await folderWith(tree);
  return openFolder(root, options).then(
    () => "opened",
    (error: Error) => error.message.replaceAll(root, "ROOT"),
  );
}

describe("a bad image stops the run with one message that names it", () => {
  test.each([
    ["cut short", photo.slice(0, photo.length / 2), /damaged or cut short JPEG \(.+\)/],
    ["empty", "", /is empty/],
    ["not an image", "class,colour\na,red\n", /is not a JPEG, PNG, WebP or GIF image/],
    ["a GIF that is none", "GIF89a....................", /damaged or cut short GIF/],
    [
      "of a kind that cannot be read",
      "BM........................",
      /is a BMP file; JPEG, PNG, WebP and GIF can be read/,
    ],
  ])("when it is %s", async (_, bytes, problem) => {
    const text = await message({ ...good, "train/a/bad.jpg": bytes });
    expect(text).toMatch(/^FGKD_BAD_IMAGE ROOT\/train\/a\/bad\.jpg: /);
    expect(text).toMatch(problem);
    expect(text).toContain("Replace or remove the file, or pass --on-bad-image skip");
  });

  test("when it is a link to nowhere", async () => {
    const root = await folderWith(good);
    const { symlink } = await import("node:fs/promises");
    await symlink("/nowhere/at/all.png", join(root, "test/b/link.png"));
    await expect(openFolder(root)).rejects.toThrow("test/b/link.png: is a link to a file that does not exist");
  });

  test("and several are named together", async () => {
    const text = await message({ ...good, "train/a/bad.jpg": "x", "test/b/worse.jpg": "" });
    expect(text).toContain(
      "ROOT/train/a/bad.jpg: is not a JPEG, PNG, WebP or GIF image; also bad: ROOT/test/b/worse.jpg.",
    );
  });

  test("when only decoding shows it, as soon as a pass reaches it", async () => {
    const root = await folderWith({ ...good, "test/a/damaged.jpg": damaged });
    const source = await openFolder(root);
    await expect(collect(source, {}, testPass)).rejects.toThrow(
      /FGKD_BAD_IMAGE .*test\/a\/damaged\.jpg: damaged or cut short JPEG/,
    );
    await expect(collect(source)).resolves.toHaveLength(1);
  });
});

describe("with onBadImage: skip", () => {
  const tree = {
    ...good,
    "train/a/x.jpg": "nonsense",
    "train/b/cut.jpg": photo.slice(0, photo.length / 2),
    "test/a/damaged.jpg": damaged,
  };

  test("bad images are left out, each named once, and counted", async () => {
    const source = await openFolder(await folderWith(tree), { onBadImage: "skip", badImageShare: 0.5 });
    expect([source.count("train"), source.count("test")]).toEqual([6, 6]);
    for (const name of ["train/a/x.jpg", "train/b/cut.jpg", "test/a/damaged.jpg"]) {
      expect(said.filter((line) => line.includes(name))).toHaveLength(1);
    }
    expect(said.at(-1)).toBe("3 of 15 images were left out.");
  });

  test("batches are those of a folder without them", async () => {
    const skipped = await openFolder(await folderWith(tree), { onBadImage: "skip", badImageShare: 0.5 });
    const clean = await openFolder(await folderWith(good));
    expect(await collect(skipped, { epoch: 2 })).toEqual(await collect(clean, { epoch: 2 }));
    expect(skipped.fingerprint).toBe(clean.fingerprint);
  });

  test("a class all of whose images are bad is an error", async () => {
    const bad = { "train/c/0.jpg": "x", "test/c/0.jpg": "y" };
    expect(await message({ ...good, ...bad }, { onBadImage: "skip", badImageShare: 0.5 })).toContain(
      "ROOT/train/c: this class has no images",
    );
  });
});

describe("a folder that makes no sense is refused", () => {
  test("when it does not exist", async () => {
    await expect(openFolder("/no/such/folder")).rejects.toThrow(
      "FGKD_PATH /no/such/folder: there is no such folder. Check the path given with --data.",
    );
  });

  test("when it is a file", async () => {
    const root = await folderWith({ "photo.jpg": photo });
    await expect(openFolder(join(root, "photo.jpg"))).rejects.toThrow("this is a file, not a folder");
  });

  test.skipIf(isRoot)("when it may not be read", async () => {
    const root = await folderWith(good);
    await chmod(join(root, "train/a"), 0);
    await expect(openFolder(root)).rejects.toThrow(
      /train\/a: the folder may not be read \(permission denied\)\. Allow it/,
    );
    await chmod(join(root, "train/a"), 0o755);
  });

  test.skipIf(isRoot)("when one of its images may not be read", async () => {
    const root = await folderWith(good);
    await chmod(join(root, "train/a/0.png"), 0);
    await expect(openFolder(root)).rejects.toThrow(/train\/a\/0\.png: may not be read \(permission denied\)/);
  });

  test("when a class is empty", async () => {
    expect(await message({ ...good, "train/c/.keep": "" })).toContain(
      "FGKD_INVALID_DATA ROOT/train/c: this class has no images",
    );
    expect(await message({ "a/0.png": photo, "a/1.png": photo, "b/.keep": "" })).toContain(
      "ROOT/b: this class has no images",
    );
  });

  test("when a class is missing from one split", async () => {
    expect(await message({ ...good, "train/c/0.jpg": photo })).toContain(
      'class "c" is missing from the test split. It has images in train/c/: add some for the test split, or remove it.',
    );
    expect(await message({ ...good, "test/d/0.jpg": photo })).toContain('class "d" is missing from the train split');
    expect(await message({ "a/0.png": photo, "a/1.png": photo, "b/0.png": photo })).toContain(
      'class "b" is missing from',
    );
  });

  test("when it holds no images, no class folders, or one class only", async () => {
    expect(await message({ "notes.txt": "nothing here" })).toContain("ROOT: no images at all");
    expect(await message({ "a/.keep": "", "b/.keep": "" })).toContain("ROOT: no images at all");
    expect(await message({ "0.jpg": photo, "1.jpg": photo })).toContain("ROOT: 2 images, but no class folders");
    expect(await message({ "a/0.jpg": photo, "a/1.jpg": photo })).toContain("only one class (a)");
    expect(await message({ ...good, "train/0.jpg": photo })).toContain(
      "ROOT/train/0.jpg: an image outside of the class folders",
    );
  });

  test("when there is train/ but nothing to test on, or a test folder that is not there", async () => {
    const { "train/a/0.png": a = "", "train/b/0.png": b = "" } = good;
    expect(await message({ "train/a/0.png": a, "train/b/0.png": b })).toContain("neither test/ nor val/ beside it");
    expect(await message(good, { testFolders: ["extra"] })).toContain("ROOT/extra: there is no such folder");
  });
});

test.each([
  [{ split: 1.5 }, '[source folder] option "split" must be in (0, 1), received 1.5'],
  [{ workers: 0 }, 'option "workers" must be a whole number from 1 to 256, or null'],
  [{ onBadImage: "ignore" as "skip" }, 'option "onBadImage" must be one of fail, skip'],
  [{ testFolders: [] }, 'option "testFolders" must be a list of at least one: texts that are not empty, or null'],
  [{ maxPixels: Number.NaN }, 'option "maxPixels" must be a whole number from 1 to 1073741824, received NaN'],
  [{ maxPixels: -1 }, 'option "maxPixels" must be a whole number from 1 to 1073741824, received -1'],
  [{ maxPixels: 2 ** 31 }, 'option "maxPixels" must be a whole number from 1 to 1073741824, received 2147483648'],
  [{ patience: Number.NaN }, 'option "patience" must be greater than 0, received NaN'],
  [{ patience: -5 }, 'option "patience" must be greater than 0, received -5'],
  [{ cacheBytes: Number.NaN }, 'option "cacheBytes" must be at least 0, received NaN'],
  [{ splitSeed: 0.5 }, 'option "splitSeed" must be a whole number, received 0.5'],
])("refuses the options %j", async (options, text) => {
  const root = await folderWith({});
  await expect(async () => openFolder(root, options)).rejects.toThrow(text);
});

test("an image that is damaged after opening is still reported by name", async () => {
  const root = await folderWith(good);
  const source = await openFolder(root, { onBadImage: "skip" });
  await writeFile(join(root, "train/a/1.png"), "overwritten");
  await expect(collect(source, {}, { ...trainPass, batchSize: 6 })).rejects.toThrow(
    "train/a/1.png: is not a JPEG, PNG, WebP or GIF",
  );
});

/** A PNG of one colour: a few kilobytes for any number of pixels. */
const bomb = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: "red" } })
  .png()
  .toBuffer();

const pngPhoto = await sharp(photo).png().toBuffer();
const webpPhoto = await sharp(photo).webp().toBuffer();

describe("files from a stranger", () => {
  const skip = { onBadImage: "skip", badImageShare: 0.5 } as const;

  test("are not decoded when they have more pixels than allowed", async () => {
    expect(bomb.length).toBeLessThan(200_000);
    const tree = { ...good, "train/a/bomb.png": bomb };
    expect(await message(tree, { ...skip, maxPixels: 10 ** 6 })).toBe("opened");
    expect(said.join()).toContain("bomb.png: has more than 1000000 pixels (data.maxPixels)");
    await expect(openFolder(await folderWith(tree), { maxPixels: 10 ** 6 })).rejects.toThrow(
      /FGKD_BAD_IMAGE .*bomb\.png: has more than 1000000 pixels/,
    );
    await expect(collect(await openFolder(await folderWith(tree)))).resolves.toHaveLength(1);
  });

  test.skipIf(process.platform === "win32")(
    "are not waited for when they are pipes, nor followed in circles",
    async () => {
      const root = await folderWith(good);
      execFileSync("mkfifo", [join(root, "train/a/pipe.jpg")]);
      await symlink("loop.jpg", join(root, "train/b/loop.jpg"));
      await openFolder(root, skip);
      expect(said.join()).toContain("train/a/pipe.jpg: is a pipe, not a file");
      expect(said.join()).toContain("train/b/loop.jpg: is a link that leads back to itself");
      await symlink("..", join(root, "train/a/up"));
      await expect(openFolder(root, skip)).rejects.toThrow(
        /FGKD_INVALID_DATA .*up.*: a link that leads back to a folder it lies in/,
      );
    },
  );

  test("are looked for in a folder that is called like an image", async () => {
    const root = await folderWith({ ...good, "train/a/x.jpg/0.png": good["train/a/0.png"] as Uint8Array });
    expect((await openFolder(root)).count("train")).toBe(7);
  });

  test.skipIf(process.platform !== "linux")("with names that are no text are told so", async () => {
    const root = await folderWith(good);
    await writeFile(
      Buffer.concat([Buffer.from(join(root, "train/a/")), Buffer.from([0xff, 0xfe]), Buffer.from(".jpg")]),
      photo,
    );
    await openFolder(root, skip);
    expect(said.join()).toContain("has a name that is not UTF-8: rename it");
  });

  test("may be bad up to a share, and not beyond", async () => {
    const bad = Object.fromEntries([0, 1, 2].map((index) => [`train/a/bad-${index}.jpg`, "no image"]));
    expect(await message({ ...good, ...bad }, { onBadImage: "skip" })).toMatch(
      /^FGKD_INVALID_DATA ROOT\/train\/a\/bad-0\.jpg: is not .*; 3 of 15 images are bad, more than data\.badImageShare \(0\.1\) allows\./,
    );
  });

  test.each([
    ["jpeg", photo],
    ["png", pngPhoto],
    ["webp", webpPhoto],
  ])("are refused or read wherever they are cut or changed: %s", { timeout: 120_000 }, async (_, whole) => {
    const root = await folderWith({});
    const path = join(root, "image");
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        async (length, changes) => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          await writeFile(path, bytes.subarray(0, length));
          try {
            const { width, height, data } = await decodeFile(path, "apply", 10 ** 6);
            expect(data.length).toBe(width * height * 3);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageProblem);
          }
        },
      ),
      cases("images: any byte changed"),
    );
  });
});
