/** What a picture's header says of it, and the memory that follows from that: known before any is taken. */
import { resizedPixels, type Size } from "../../transforms/pixels/geometry.js";
import { TooManyPixels } from "../../transforms/pixels/too-many.js";

export interface Header extends Size {
  /** Whether it is stored in several passes over the whole picture, so that a decoder holds all of it. */
  readonly isProgressive: boolean;
  /** Whether a note on the camera's position comes with it: what is turned is held twice. */
  readonly hasExif: boolean;
}

/** What a stage's `input` makes of pictures first. */
export interface Resizing {
  readonly resize: number;
  readonly fit: "shorter" | "warp";
}

/** Reads JPEG and PNG out of a file's first bytes. `undefined` where they do not say, or it is of another kind. */
export function readHeader(head: Uint8Array): Header | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (bytes.length >= 29 && bytes.toString("latin1", 12, 16) === "IHDR") {
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    return { width, height, isProgressive: bytes[28] === 1, hasExif: bytes.subarray(0, 2 ** 15).includes("eXIf") };
  }
  let hasExif = false;
  for (let at = 2; at + 9 < bytes.length && bytes[0] === 0xff && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number;
    if (beginsFrame(marker))
      return {
        width: bytes.readUInt16BE(at + 7),
        height: bytes.readUInt16BE(at + 5),
        isProgressive: isProgressive(marker),
        hasExif,
      };
    hasExif ||= marker === 0xe1 && bytes.toString("latin1", at + 4, at + 8) === "Exif";
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Whether a JPEG's marker begins a frame (SOF0 to SOF15): three among them mean something else. */
export function beginsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether the frame that this marker begins comes in several passes. */
export function isProgressive(marker: number): boolean {
  return (marker & 3) === 2;
}

/** The same, by the decoder: slower, and of every kind. `undefined` where it cannot read it; decoding says why. */
export async function askForHeader(file: Uint8Array | string): Promise<Header | undefined> {
  try {
    const { default: sharp } = await import("sharp");
    const { width, height, isProgressive = false, exif, pages = 1, pageHeight } = await sharp(file).metadata();
    // Several pages lie below each other; one is read.
    return { width, height: pageHeight ?? height / pages, isProgressive, hasExif: exif !== undefined };
  } catch {
    return undefined;
  }
}

/**
 * Bytes that decoding takes at most, the file's own included: three for each pixel, as much again to turn it or to drop a fourth
 * channel, and up to four coefficients of two bytes where it comes in passes.
 */
export function bytesToDecode({ width, height, isProgressive, hasExif }: Header, fileSize: number): number {
  return fileSize + width * height * (3 + 4 + (isProgressive ? 8 : 0) + (hasExif ? 3 : 0));
}

/** Why a picture is too large for its settings, in words that follow its name and a colon. */
export function sizeProblem(header: Size, inputs: readonly Resizing[], maxPixels: number): string | undefined {
  const { width, height } = header;
  if (width * height > maxPixels) return `has more than ${maxPixels} pixels (data.maxPixels)`;
  for (const { resize, fit } of inputs) {
    const to = resizedPixels(header, resize, fit);
    const by = ` (input.resize ${resize}, fit ${fit})`;
    if (to.pixels > maxPixels) return new TooManyPixels(header, to, maxPixels, by).message;
  }
  return undefined;
}
