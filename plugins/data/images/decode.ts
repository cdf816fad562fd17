/** Reads an image file into eight-bit RGB. */
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { startOwnTime } from "../../../core/watchdogs/own-time.js";
import type { Size } from "../../transforms/pixels/geometry.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";
import { askForHeader, bytesToDecode, readHeader } from "./header.js";
import { accessProblem, checkFile, ImageProblem, sniffFormat } from "./inspect.js";
import { decodeJpeg } from "./jpeg.js";
import { decodeScanByScan, mendJpeg, strayBytes } from "./mend-jpeg.js";
import { type FirstResize, orientationOf, type Reduction, reductionOf, turned } from "./reduce.js";

/** Whether the camera's note on which side is up is followed. */
export type Exif = "apply" | "ignore";

/** In seconds of the process's own time: some images are made to take for ever. */
const PATIENCE = 60;

/** In bytes: larger files are read only when there is memory for them and what becomes of them. */
const SMALL = 2 ** 23;

export interface DecodeOptions {
  /** Waits for memory. Default: there is enough. */
  readonly reserve?: (bytes: number, size: Size | undefined) => Promise<void>;
  /** A JPEG may come out smaller, as long as it is well above that. Default: whole. */
  readonly next?: FirstResize;
}

/** One thread per image: the parallelism is ours, across images. */
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes JPEG, PNG, WebP or GIF, told apart by their bytes. Grey becomes RGB; CMYK is converted; transparent parts are
 * laid on white; of an animation the first frame is taken; sixteen bits become eight; colour profiles are ignored, as
 * PyTorch's loaders do. Faults that leave the picture whole are passed over.
 *
 * @param maxPixels an image of more is refused before it is decoded: a few bytes can stand for any number of them
 * @throws ImageProblem
 */
export async function decodeFile(
  path: string,
  exif: Exif,
  maxPixels: number,
  how: DecodeOptions = {},
): Promise<Pixels> {
  return decodeRead(await readBytes(path, how.reserve), exif, maxPixels, how);
}

/** The same of bytes that are in memory. @throws ImageProblem */
export async function decodeBytes(
  bytes: Uint8Array,
  exif: Exif,
  maxPixels: number,
  how: DecodeOptions = {},
): Promise<Pixels> {
  await reserveFor(bytes, bytes.length, how.reserve);
  return decodeRead(bytes, exif, maxPixels, how);
}

async function decodeRead(
  bytes: Uint8Array,
  exif: Exif,
  maxPixels: number,
  how: Pick<DecodeOptions, "next">,
): Promise<Pixels> {
  const format = requireFormat(bytes);
  const reduction = how.next && format === "JPEG" ? await reductionOf(bytes, how.next, exif === "apply") : undefined;
  const quick = format === "JPEG" && !reduction && (await decodeQuickly(bytes, exif, maxPixels));
  if (quick) return quick;
  const attempt = (whole: Uint8Array) => decodeInTime(whole, exif, maxPixels, reduction);
  try {
    return await attempt(bytes);
  } catch (error) {
    const isFault = format === "JPEG" && !isTooLarge(error) && !isLate(error);
    const pixels = isFault ? await mended(bytes, attempt) : undefined;
    if (pixels) return pixels;
    throw damaged(format, error, maxPixels);
  }
}

/** What is an ordinary photograph; `undefined` where the decoder below has to look, and to say what is wrong. */
async function decodeQuickly(bytes: Uint8Array, exif: Exif, maxPixels: number): Promise<Pixels | undefined> {
  const header = readHeader(bytes);
  if (!header || bytes.length > SMALL || header.width * header.height > maxPixels) return undefined;
  if (exif === "apply" && (await orientationOf(bytes, header)) !== 1) return undefined;
  return decodeJpeg(bytes);
}

/** The picture that every viewer shows; `undefined` when it is cut short or damaged. */
async function mended(bytes: Uint8Array, attempt: (whole: Uint8Array) => Promise<Pixels>): Promise<Pixels | undefined> {
  const file = mendJpeg(bytes);
  if (!file) return undefined;
  try {
    return await attempt(Buffer.concat(file));
  } catch (error) {
    return strayBytes(error, "..") === undefined ? undefined : decodeScanByScan(file, attempt);
  }
}

/** A decoder's own limit goes by the clock; who was suspended, or had no turn, tries again. */
async function decodeInTime(...what: Parameters<typeof decode>): Promise<Pixels> {
  for (;;) {
    const time = startOwnTime();
    const before = process.cpuUsage();
    try {
      return await decode(...what);
    } catch (error) {
      const { user, system } = process.cpuUsage(before);
      const own = Math.min(time.read(), (user + system) / 1000);
      if (!isLate(error) || own > 900 * PATIENCE) throw error;
    } finally {
      time.stop();
    }
  }
}

async function decode(bytes: Uint8Array, exif: Exif, maxPixels: number, reduction?: Reduction): Promise<Pixels> {
  let image = sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: maxPixels });
  if (reduction) image = image.resize({ ...reduction.to, fit: "fill", fastShrinkOnLoad: true });
  else if (exif === "apply") image = image.rotate();
  const { data, info } = await image
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .timeout({ seconds: PATIENCE })
    .toBuffer({ resolveWithObject: true });
  const pixels = { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  return reduction ? turned(pixels, reduction) : pixels;
}

async function readBytes(path: string, reserve: DecodeOptions["reserve"]): Promise<Buffer> {
  try {
    const size = checkFile(path);
    const head = size > SMALL ? undefined : readFileSync(path);
    await reserveFor(head ?? path, size, reserve);
    return head ?? readFileSync(path);
  } catch (error) {
    throw error instanceof ImageProblem ? error : new ImageProblem(accessProblem(path, error));
  }
}

async function reserveFor(file: Uint8Array | string, size: number, reserve: DecodeOptions["reserve"]): Promise<void> {
  if (!reserve) return;
  const header = (typeof file === "string" ? undefined : readHeader(file)) ?? (await askForHeader(file));
  await reserve(header ? bytesToDecode(header, size) : size, header);
}

function requireFormat(bytes: Uint8Array): string {
  const { format, problem } = sniffFormat(bytes);
  if (problem !== undefined) throw new ImageProblem(problem);
  return format;
}

/** Some grey images come out with one channel, some files with alpha left over: three it is. */
function toRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const count = data.length / channels;
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[i * 3 + channel] = data[i * channels + (channels >= 3 ? channel : 0)] as number;
    }
  }
  return rgb;
}

function damaged(format: string, error: unknown, maxPixels: number): ImageProblem {
  if (isTooLarge(error)) return new ImageProblem(`has more than ${maxPixels} pixels (data.maxPixels)`);
  if (isLate(error)) return new ImageProblem(`takes longer than ${PATIENCE} s to decode`);
  const detail = messageOf(error)
    .replace(/^Input buffer (has corrupt header|contains unsupported image format):?\s*/i, "")
    .split("\n")[0]
    ?.trim();
  return new ImageProblem(`damaged or cut short ${format}${detail ? ` (${detail})` : ""}`);
}

function isTooLarge(error: unknown): boolean {
  return /pixel limit/i.test(messageOf(error));
}

function isLate(error: unknown): boolean {
  return /^timeout/i.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
