/** A strip at the lower end of most pictures that is no photograph: a copyright line, a date. */
import sharp from "sharp";
import type { DataReport } from "../../../core/index.js";
import { forEachAtOnce } from "../images/at-once.js";
import { groupBy } from "./group-by.js";

/** Pictures that are looked at, spread over all of them. */
const SAMPLE = 64;
const AT_ONCE = 4;
/** Rows that are looked at. */
const ROWS = 64;
/** A strip is as high as that at least: a lower one may be a frame. */
const LEAST = 5;
/** Grey levels of 255 within which a place is of the strip's colour. */
const LEVELS = 24;
/** Of a row, how much has that colour; the rest is text. */
const PLAIN = 0.5;
/** Grey levels, in the mean, by which the row above it differs: strips end abruptly. */
const EDGE = 20;
/** Of the pictures, how many need a strip of that height. */
const MOST = 0.6;

/** @param paths of pictures that can be read */
export async function findBanner(paths: readonly string[]): Promise<DataReport["banner"]> {
  const step = Math.max(1, Math.floor(paths.length / SAMPLE));
  const sample = paths.filter((_, index) => index % step === 0).slice(0, SAMPLE);
  const heights: number[] = [];
  await forEachAtOnce(AT_ONCE, sample, async (path) => {
    const height = await stripOf(path);
    if (height !== undefined) heights.push(height);
  });
  const counts = [...groupBy(heights, (height) => height)].map(([rows, { length }]) => ({ rows, length }));
  const [most] = counts.sort((a, b) => b.length - a.length);
  if (!most || most.length < MOST * sample.length) return null;
  return { rows: most.rows, share: most.length / sample.length };
}

/** Rows of one picture's strip; `undefined` where it has none. */
async function stripOf(path: string): Promise<number | undefined> {
  try {
    const { width, height } = await sharp(path).metadata();
    if (height < 2 * ROWS) return undefined;
    const { data, info } = await sharp(path)
      .extract({ left: 0, top: height - ROWS, width, height: ROWS })
      .flatten({ background: "white" })
      .greyscale()
      .extractChannel(0)
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return rowsOfStrip(data, info.width);
  } catch {
    // What cannot be read is told elsewhere.
    return undefined;
  }
}

/** @param grey `[ROWS, width]` */
export function rowsOfStrip(grey: Uint8Array, width: number): number | undefined {
  const rows = Array.from({ length: grey.length / width }, (_, row) => grey.subarray(row * width, (row + 1) * width));
  const colour = medianOf(rows.at(-1) ?? grey);
  const isStrip = (row: Uint8Array) =>
    row.reduce((sum, value) => sum + (Math.abs(value - colour) <= LEVELS ? 1 : 0), 0) >= PLAIN * width;
  const top = rows.findLastIndex((row) => !isStrip(row));
  const height = rows.length - 1 - top;
  if (top < 0 || height < LEAST) return undefined;
  const [above, first] = [rows[top] as Uint8Array, rows[top + 1] as Uint8Array];
  const edge = above.reduce((sum, value, at) => sum + Math.abs(value - (first[at] as number)), 0) / width;
  return edge >= EDGE ? height : undefined;
}

function medianOf(row: Uint8Array): number {
  return Uint8Array.from(row).sort()[row.length >> 1] as number;
}
