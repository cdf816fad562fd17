import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { birdDefaults, birdScene } from "../../../plugins/data/birds/catalogue.js";
import { renderBird } from "../../../plugins/data/birds/render.js";
import { decodeFile } from "../../../plugins/data/images/decode.js";
import { type FirstResize, reductionOf } from "../../../plugins/data/images/reduce.js";
import { recipeOf } from "../../../plugins/data/sets/about.js";
import type { Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { resize } from "../../../plugins/transforms/threads.js";
import { classFolders, collect, folderWith, input, openFolder, testPass } from "./support.js";

const maxPixels = 2 ** 26;
/** A drawn bird as a photograph of 807 × 607: it comes out even by no factor. */
let photograph: (options?: { readonly orientation?: number; readonly even?: boolean }) => Promise<Buffer>;
let root: string;

beforeAll(async () => {
  const bird = renderBird(birdScene("train", 5, birdDefaults), 807);
  photograph = ({ orientation, even = false } = {}) => {
    const [width, height] = even ? [800, 592] : [807, 607];
    const image = sharp(bird.data, { raw: { width: 807, height: 807, channels: 3 } })
      .extract({ left: 0, top: 90, width, height })
      .jpeg({ quality: 92 });
    return (orientation ? image.withMetadata({ orientation }) : image).toBuffer();
  };
  const big = await photograph();
  root = await folderWith({
    ...(await classFolders(["train", "test"], ["a", "b"], 2)),
    "test/a/big.jpg": big,
    "train/a/big.jpg": await photograph({ even: true }),
  });
});

/** Decoded, and resized as `next` says. */
async function made(path: string, next: FirstResize, reduced: boolean, exif: "apply" | "ignore" = "apply") {
  const decoded = await decodeFile(path, exif, maxPixels, reduced ? { next } : {});
  const options = { size: next.size, fit: next.fit, interpolation: "bilinear" } as const;
  return { decoded, resized: resize(decoded, { options, drawn: [], input }) as Pixels };
}

function apart(one: Pixels, other: Pixels): number {
  expect([one.width, one.height]).toEqual([other.width, other.height]);
  return one.data.reduce((sum, value, at) => sum + Math.abs(value - (other.data[at] as number)), 0) / one.data.length;
}

describe("a JPEG that is decoded at a part of its size", () => {
  test.each([
    // The reduced picture by itself would become a pixel wider.
    [33, "shorter", [88, 66]],
    [56, "shorter", [160, 120]],
    [98, "shorter", [268, 202]],
    [56, "warp", [160, 120]],
    [43, "longer", [88, 66]],
  ] as const)("and resized to %i, %s, is what the whole one becomes, within a grey level", async (size, fit, to) => {
    const path = join(root, "test/a/big.jpg");
    const [exact, reduced] = await Promise.all([made(path, { size, fit }, false), made(path, { size, fit }, true)]);
    expect(exact.decoded).toMatchObject({ width: 807, height: 607 });
    expect([reduced.decoded.width, reduced.decoded.height]).toEqual(to);
    expect(reduced.decoded.reduced).toMatchObject({ from: { width: 807, height: 607 } });
    expect(apart(reduced.resized, exact.resized)).toBeLessThan(0.75);
    expect(reduced.resized.reduced).toBeUndefined();
  });

  test("stays twice as large as what it is resized to, and is else decoded whole", async () => {
    const bytes = await photograph();
    const height = async (size: number, fit: FirstResize["fit"] = "shorter") =>
      (await reductionOf(bytes, { size, fit }, true))?.to.height;
    const found = await Promise.all([32, 34, 60, 61, 99, 102].map((size) => height(size)));
    expect(found).toEqual([66, 120, 120, 202, 202, undefined]);
    // Of a picture that is squashed the side counts that shrinks least.
    expect(await Promise.all([40, 80].map((size) => height(size, "warp")))).toEqual([120, 202]);
    const other = await sharp(bytes).png().toBuffer();
    const path = join(await folderWith({ "one.png": other }), "one.png");
    expect((await made(path, { size: 32, fit: "shorter" }, true)).decoded.reduced).toBeUndefined();
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("is turned as the camera noted: %i", async (orientation) => {
    const path = join(await folderWith({ "one.jpg": await photograph({ orientation, even: true }) }), "one.jpg");
    const next = { size: 32, fit: "shorter" } as const;
    for (const exif of ["apply", "ignore"] as const) {
      const [exact, reduced] = await Promise.all([made(path, next, false, exif), made(path, next, true, exif)]);
      expect(reduced.decoded.reduced).toBeDefined();
      expect(apart(reduced.resized, exact.resized)).toBeLessThan(1);
    }
    // What does not come out even is turned as a whole.
    const odd = join(await folderWith({ "one.jpg": await photograph({ orientation }) }), "one.jpg");
    expect((await made(odd, next, true)).decoded.reduced === undefined).toBe(orientation !== 1);
  });

  test("is refused where it is cut short", async () => {
    const bytes = await photograph();
    const path = join(await folderWith({ "one.jpg": bytes.subarray(0, bytes.length / 2) }), "one.jpg");
    await expect(decodeFile(path, "apply", maxPixels, { next: { size: 32, fit: "shorter" } })).rejects.toThrow(
      "damaged or cut short JPEG",
    );
  });
});

describe("data.decode", () => {
  const small = { ...input, resize: 32, crop: 24 };
  const pictures = async (options: object) =>
    collect(await openFolder(root, { cacheBytes: 0, ...options }), { input: small, batchSize: 5 }, testPass);

  test("decodes smaller what is resized first, and keeps such pictures apart from whole ones on disk", async () => {
    const cachePath = join(await folderWith({}), "kept");
    const [exact] = await pictures({ cachePath });
    expect(await readdir(cachePath)).toHaveLength(5);
    const [reduced] = await pictures({ cachePath, decode: "reduced" });
    expect(await readdir(cachePath)).toHaveLength(10);
    const [one, other] = [exact?.images ?? [], reduced?.images ?? []];
    const far = [...one].reduce((sum, value, at) => sum + Math.abs(value - (other[at] as number)), 0) / one.length;
    expect(far).toBeGreaterThan(0);
    expect(255 * far).toBeLessThan(1);
  });

  test("decodes whole what is cut to a box or loses a banner: both are measured in pixels of the whole", () => {
    const image = { path: "a.jpg", className: "a", split: "train" } as const;
    const box = { left: 1, top: 1, width: 5, height: 5 };
    const options = { exif: "apply", maxPixels, crop: "box", decode: "reduced" } as const;
    const decodes = [image, { ...image, banner: 0 }, { ...image, banner: 20 }, { ...image, facts: { box } }].map(
      (candidate) => "decode" in recipeOf(candidate, "", options),
    );
    expect(decodes).toEqual([true, true, false, false]);
  });

  test("makes other data of the same folder", async () => {
    const [usual, exact, reduced] = await Promise.all(
      [{}, { decode: "exact" }, { decode: "reduced" }].map((options) => openFolder(root, options as object)),
    );
    expect(exact?.fingerprint).toBe(usual?.fingerprint);
    expect(reduced?.fingerprint).not.toBe(usual?.fingerprint);
  });
});
