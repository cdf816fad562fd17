import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeFile } from "../../../plugins/data/images/decode.js";
import { decodeJpeg, jpegDecoder } from "../../../plugins/data/images/jpeg.js";
import { isHere } from "../../support/required.js";
import { folderWith } from "./support.js";

/** Smooth colours with edges: what samplings and transforms round. */
const picture = (width: number, height: number, channels: 1 | 3 = 3) =>
  sharp(
    Buffer.from(
      Uint8Array.from({ length: width * height * channels }, (_, i) => {
        const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
        return 128 + 90 * Math.sin(x / (3 + (i % 3))) + (y % 9 < 4 ? 30 : -30);
      }),
    ),
    { raw: { width, height, channels } },
  );

const pixelsOf = (jpeg: Buffer) => sharp(jpeg, { ignoreIcc: true }).toColourspace("srgb").raw().toBuffer();

const plain = await picture(48, 32).jpeg().toBuffer();

const isBuilt = isHere("the JPEG decoder", decodeJpeg(plain) ? null : "npm run build:jpeg builds it");

describe.skipIf(!isBuilt)("the JPEG decoder of libjpeg-turbo", () => {
  test.each([
    ["as cameras store it", picture(61, 47).jpeg()],
    ["with all colours", picture(61, 47).jpeg({ chromaSubsampling: "4:4:4" })],
    ["in passes", picture(61, 47).jpeg({ progressive: true })],
    ["of the lowest quality", picture(61, 47).jpeg({ quality: 1 })],
    ["with odd sides of one pixel", picture(1, 17).jpeg()],
    ["by Mozilla's encoder", picture(80, 50).jpeg({ mozjpeg: true })],
    ["with a note on the camera", picture(40, 30).withMetadata({ orientation: 1 }).jpeg()],
  ])("makes the pixels of the other one: %s", async (_case, image) => {
    const jpeg = await image.toBuffer();
    const decoded = decodeJpeg(jpeg);
    expect(Buffer.from(decoded?.data ?? []).equals(await pixelsOf(jpeg))).toBe(true);
  });

  test("is the one that is told of", () => {
    expect(jpegDecoder()).toEqual({ name: "libjpeg-turbo" });
  });

  test("makes three channels of grey", async () => {
    const jpeg = await picture(30, 20, 1).toColourspace("b-w").jpeg().toBuffer();
    const grey = await sharp(jpeg).toColourspace("b-w").raw().toBuffer();
    const { width, height, data } = decodeJpeg(jpeg) ?? { data: [] };
    expect([width, height]).toEqual([30, 20]);
    expect([...data]).toEqual([...grey].flatMap((value) => [value, value, value]));
  });

  test("leaves to the other one what it would have to explain, or to convert", async () => {
    const cmyk = await picture(20, 20).toColourspace("cmyk").jpeg().toBuffer();
    const changed = Buffer.from(plain);
    changed.fill(0xff, plain.length - 80, plain.length - 40);
    for (const bytes of [cmyk, plain.subarray(0, -60), changed, Buffer.from("no picture"), Buffer.alloc(0)])
      expect(decodeJpeg(bytes)).toBeUndefined();
  });

  test("keeps nothing of a damaged picture", async () => {
    const whole = await pixelsOf(plain);
    for (let end = 0; end < plain.length; end += 7) {
      expect(decodeJpeg(plain.subarray(0, end))).toBeUndefined();
      expect([end, Buffer.from(decodeJpeg(plain)?.data ?? []).equals(whole)]).toEqual([end, true]);
    }
  });

  test.each([
    ["quantisation", 0xdb],
    ["Huffman", 0xc4],
  ])("lends no picture the %s tables of the one before", (_tables, marker) => {
    const at = plain.indexOf(Buffer.from([0xff, marker]));
    const lacking = Buffer.concat([plain.subarray(0, at), plain.subarray(at + 2 + plain.readUInt16BE(at + 2))]);
    expect([decodeJpeg(plain) === undefined, decodeJpeg(lacking)]).toEqual([false, undefined]);
  });

  test("throws when it is given something else than bytes", () => {
    expect(() => decodeJpeg([1, 2] as unknown as Uint8Array)).toThrow("must be a Uint8Array");
  });

  test("gives each picture memory of its own", async () => {
    const [first, second] = [decodeJpeg(plain), decodeJpeg(await picture(48, 32).negate().jpeg().toBuffer())];
    expect(Buffer.from(first?.data ?? []).equals(await pixelsOf(plain))).toBe(true);
    expect(second?.data).not.toEqual(first?.data);
  });
});

test("a picture that the camera held on its side comes upright, and as it is stored where the note is ignored", async () => {
  const stored = await picture(40, 24).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const file = join(await folderWith({}), "side.jpg");
  await writeFile(file, stored);
  const upright = await sharp(stored).rotate().raw().toBuffer();
  const [turned, ignored] = [await decodeFile(file, "apply", 2 ** 20), await decodeFile(file, "ignore", 2 ** 20)];
  expect([turned.width, turned.height, ignored.width, ignored.height]).toEqual([24, 40, 40, 24]);
  expect(Buffer.from(turned.data).equals(upright)).toBe(true);
  expect(Buffer.from(ignored.data).equals(await pixelsOf(stored))).toBe(true);
});

test("more pixels than allowed are refused, whichever decoder is there", async () => {
  const file = join(await folderWith({}), "large.jpg");
  await writeFile(file, plain);
  await expect(decodeFile(file, "apply", 48 * 32 - 1)).rejects.toThrow(/has more than 1535 pixels/);
});
