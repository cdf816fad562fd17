/** JPEGs decoded at about a third, a fifth or a ninth of their size: what a much smaller picture would not show is left out. */
import sharp from "sharp";
import { resizedSize, type Size } from "../../transforms/pixels/geometry.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";
import { type Header, readHeader } from "./header.js";

/** To what a picture is resized first. */
export interface FirstResize {
  readonly size: number;
  readonly fit: "shorter" | "longer" | "warp";
}

/** How a JPEG is decoded smaller. */
export interface Reduction {
  /** What is asked of the decoder, which drops the last columns and rows that fill no whole block. */
  readonly to: Size;
  /** Of the whole picture, as it is stored. */
  readonly from: Size;
  /** What `to` would be with the columns and rows that are dropped: `to`, or a part of a pixel more. */
  readonly extent: Size;
  /** How the camera was held, by its note, 1 to 8. */
  readonly orientation: number;
}

/**
 * By how much larger than its next size a reduced picture stays, so that the filter that follows decides what it looks like: the
 * usual choice of Pillow's `thumbnail`.
 */
const GAP = 2;

/**
 * The decoder itself makes a picture 2, 4 or 8 times smaller, by leaving out the fine part of each block, and libvips resizes the rest of
 * the way. sharp takes a factor only where the whole way is one more at least, so that one more it is.
 *
 * @param turns whether the camera's note is followed
 * @returns `undefined` where the picture is to be decoded whole
 */
export async function reductionOf(
  bytes: Uint8Array,
  next: FirstResize,
  turns: boolean,
): Promise<Reduction | undefined> {
  const header = readHeader(bytes);
  const factor = header && factorOf(header, next);
  if (!header || !factor) return undefined;
  const { width, height } = header;
  const whole = (length: number) => length - (length % factor);
  const orientation = turns ? await orientationOf(bytes, header) : 1;
  // What is dropped lies right and below; turned, it would be elsewhere.
  if (orientation !== 1 && (whole(width) !== width || whole(height) !== height)) return undefined;
  const to = { width: reduced(whole(width), factor), height: reduced(whole(height), factor) };
  const extent = { width: (width * to.width) / whole(width), height: (height * to.height) / whole(height) };
  return { to, from: { width, height }, extent, orientation };
}

/** How the camera was held, by its note, 1 to 8: 1 where nothing is to be turned. */
export async function orientationOf(bytes: Uint8Array, { hasExif }: Header): Promise<number> {
  // What is wrong with a file, decoding says.
  const about = hasExif
    ? await sharp(bytes)
        .metadata()
        .catch(() => undefined)
    : undefined;
  return about?.orientation ?? 1;
}

function reduced(length: number, factor: number): number {
  return Math.floor(length / (factor + 1));
}

function factorOf(from: Header, { size, fit }: FirstResize): 8 | 4 | 2 | undefined {
  const to = resizedSize(from, size, fit);
  return ([8, 4, 2] as const).find(
    (factor) =>
      reduced(from.width - factor, factor) >= GAP * to.width &&
      reduced(from.height - factor, factor) >= GAP * to.height,
  );
}

/** The reduced picture, the right way up, with a word on what it was. */
export async function turned(picture: Pixels, { from, extent, orientation }: Reduction): Promise<Pixels> {
  if (orientation === 1) return { ...picture, reduced: { from, extent } };
  const { width, height } = picture;
  // Turned with the clock first, then mirrored.
  const angle = { 3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270 }[orientation] ?? 0;
  const isMirrored = [2, 4, 5, 7].includes(orientation);
  const upright = ({ width, height }: Size): Size =>
    angle % 180 === 0 ? { width, height } : { width: height, height: width };
  const raw = (size: Size) => ({ raw: { ...size, channels: 3 as const } });
  const straight = await sharp(picture.data, raw({ width, height })).rotate(angle).raw().toBuffer();
  const size = upright({ width, height });
  const data = isMirrored ? await sharp(straight, raw(size)).flop().raw().toBuffer() : straight;
  return { ...size, data, reduced: { from: upright(from), extent: upright(extent) } };
}
