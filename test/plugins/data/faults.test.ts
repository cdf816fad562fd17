import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeFile } from "../../../plugins/data/images/decode.js";
import { inspectFile } from "../../../plugins/data/images/inspect.js";
import { mendJpeg } from "../../../plugins/data/images/mend-jpeg.js";
import { folderWith } from "./support.js";

const side = 72;
const pixels = Buffer.from(Array.from({ length: side * side * 3 }, (_, i) => (i * 7919 + ((i * i) >> 5)) & 255));
const photo = (channels = "srgb") =>
  sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .blur(1.5)
    .toColourspace(channels);
const sequential = await photo().jpeg().toBuffer();
const progressive = await photo().jpeg({ progressive: true }).toBuffer();
const cmyk = await photo("cmyk").jpeg().toBuffer();
const ycck = changed(cmyk, cmyk.indexOf("Adobe") + 11, 2);

const jfif = (major: number, minor: number) => segment(0xe0, "JFIF\0", major, minor, 0, 0, 1, 0, 1, 0, 0);
const adobe = (transform: number) => segment(0xee, "Adobe", 0, 100, 0, 0, 0, 0, transform);
const stray = (count: number) => Buffer.alloc(count, 0x31);

function segment(marker: number, name: string, ...rest: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, 0, 2 + name.length + rest.length, ...Buffer.from(name), ...rest]);
}

/** Where markers lie: a walk of its own, along lengths. */
function markersOf(jpeg: Buffer): { at: number; marker: number }[] {
  const found = [];
  for (let at = 2; at < jpeg.length - 1; ) {
    const marker = jpeg[at + 1] as number;
    const isMarker = jpeg[at] === 0xff && marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7);
    if (isMarker) found.push({ at, marker });
    at += isMarker && marker !== 0xd9 ? 2 + jpeg.readUInt16BE(at + 2) : 1;
  }
  return found;
}

function insert(jpeg: Buffer, at: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([jpeg.subarray(0, at), bytes, jpeg.subarray(at)]);
}

/** In each place at once, from the last so that the others stay where they are. */
function insertBefore(jpeg: Buffer, places: readonly number[], bytes: Uint8Array): Buffer {
  return [...places].sort((a, b) => b - a).reduce((file, at) => insert(file, at, bytes), jpeg);
}

function changed(jpeg: Buffer, at: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(jpeg);
  copy.set(values, at);
  return copy;
}

function scanOf(jpeg: Buffer): number {
  return markersOf(jpeg).find(({ marker }) => marker === 0xda)?.at as number;
}

/** Where the spectral selection of the first scan stands. */
function selectionOf(jpeg: Buffer): number {
  const scan = scanOf(jpeg);
  return scan + 5 + 2 * (jpeg[scan + 4] as number);
}

const root = await folderWith({});

async function read(bytes: Uint8Array) {
  const path = join(root, "photo.jpg");
  await writeFile(path, bytes);
  expect(inspectFile(path).problem).toBeUndefined();
  const { width, height, data } = await decodeFile(path, "apply", 10 ** 6);
  return `${width} × ${height} ${Buffer.from(data).toString("base64")}`;
}

describe("a fault that viewers pass over", () => {
  test.each([
    ["JFIF revision 2.01", sequential, insert(sequential, 2, jfif(2, 1))],
    ["JFIF revision 0.00", progressive, insert(progressive, 2, jfif(0, 0))],
    ["JFIF revision 255.255", sequential, insert(sequential, 2, jfif(255, 255))],
    ["a colour transform that Adobe never had", sequential, insert(sequential, 2, adobe(7))],
    ["the same in YCCK", ycck, changed(cmyk, cmyk.indexOf("Adobe") + 11, 9)],
    ["a spectral selection of 0", sequential, changed(sequential, selectionOf(sequential), 0, 0, 0)],
    ["a spectral selection without end", sequential, changed(sequential, selectionOf(sequential), 0, 255, 0x11)],
    ["a stray byte behind the start", sequential, insert(sequential, 2, stray(1))],
    ["fill bytes before markers", sequential, insertBefore(sequential, [2, scanOf(sequential)], Buffer.alloc(3, 0xff))],
    ["no end", sequential, sequential.subarray(0, -2)],
    ["half an end", sequential, sequential.subarray(0, -1)],
    ["no end, progressive", progressive, progressive.subarray(0, -2)],
    [
      "a revision, stray bytes and no end",
      progressive,
      insert(progressive, 2, Buffer.concat([jfif(2, 1), stray(2)])).subarray(0, -2),
    ],
    ["something behind the end", sequential, Buffer.concat([sequential, Buffer.from("a note of the camera's")])],
  ])("changes no pixel: %s", async (_, whole, faulty) => {
    expect(await read(faulty)).toEqual(await read(whole));
  });

  test.each([
    ["sequential", sequential],
    ["progressive", progressive],
  ])("changes no pixel: stray bytes before any marker, %s", async (_, whole) => {
    const expected = await read(whole);
    for (const { at } of markersOf(whole)) {
      for (const count of [1, 3, 12])
        expect(await read(insert(whole, at, stray(count))), `${count} at ${at}`).toEqual(expected);
    }
    const everywhere = markersOf(whole).map(({ at }) => at);
    expect(await read(insertBefore(whole, everywhere, stray(10)))).toEqual(expected);
  });
});

describe("a picture that is not whole is refused", () => {
  const markers = markersOf(progressive);
  const scans = markers.filter(({ marker }) => marker === 0xda).map(({ at }) => at);
  const behindScan = markers.find(({ at }) => at > (scans[1] as number))?.at as number;
  const end = Buffer.from([0xff, 0xd9]);

  test.each([
    ["cut in the last bytes", sequential.subarray(0, -5)],
    ["cut in the middle", sequential.subarray(0, sequential.length / 2)],
    ["cut in the middle, with an end", Buffer.concat([sequential.subarray(0, sequential.length / 2), end])],
    ["with a fault and cut", insert(sequential, 2, jfif(2, 1)).subarray(0, -20)],
    [
      "its second half never written",
      changed(sequential, sequential.length / 2, ...Buffer.alloc(sequential.length / 2)),
    ],
    ["its last bytes never written", changed(sequential, sequential.length - 12, ...Buffer.alloc(12))],
    ["before its last scan", progressive.subarray(0, scans.at(-1))],
    ["behind its first scan", progressive.subarray(0, scans[1])],
    ["in its last scan", progressive.subarray(0, -6)],
    ["in its header", sequential.subarray(0, scanOf(sequential) + 6)],
    ["with more behind a scan than strays there", insert(progressive, behindScan, stray(300))],
  ])("%s", async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/damaged or cut short JPEG/);
  });
});

test("what is mended is a JPEG without a word from the decoder, whose pictures are the same bytes", async () => {
  const faulty = insert(insert(sequential, scanOf(sequential), stray(2)), 2, jfif(2, 1));
  expect(Buffer.concat(mendJpeg(faulty) ?? [])).toEqual(insert(sequential, 2, jfif(1, 1)));
});
