/** Looks at one image file: can it be used, how large is it, which bytes, and what does one see. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { decodeFile } from "../images/decode.js";
import { askForHeader, bytesToDecode, readHeader } from "../images/header.js";
import { ImageProblem, inspectFile } from "../images/inspect.js";
import { type Hold, holdMemory, type PictureMemory } from "../images/memory.js";
import { GRID } from "./sight.js";

/** What there is to know of an image. */
export interface Look {
  /** Why it cannot be used, in words that follow its name and a colon. The other fields are absent then. */
  readonly problem?: string;
  readonly width?: number;
  readonly height?: number;
  /** Of all of its bytes. */
  readonly hash?: string;
  /** `[GRID, GRID, 3]`: the picture, squeezed. */
  readonly squeezed?: Uint8Array;
}

/**
 * Decodes a file whole, as training would, and keeps next to nothing of it.
 *
 * @param maxPixels of an image that counts as usable
 * @param memory shared by those that are decoded at a time
 */
export async function lookAt(path: string, maxPixels: number, memory: PictureMemory): Promise<Look> {
  const { problem } = inspectFile(path);
  if (problem !== undefined) return { problem };
  const held = holdMemory(memory);
  try {
    return await decodeSmall(path, maxPixels, held);
  } catch {
    held.release();
    return await decodeMended(path, maxPixels, memory);
  } finally {
    held.release();
  }
}

/** A JPEG is read at an eighth of its size where that is enough: every byte of it is looked at all the same. */
async function decodeSmall(path: string, maxPixels: number, held: Hold): Promise<Look> {
  const bytes = await readFile(path);
  const header = readHeader(bytes) ?? (await askForHeader(bytes));
  if (!header) throw new ImageProblem("does not say how large it is");
  await held.reserve(bytesToDecode(header, bytes.length));
  const image = sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: maxPixels });
  return { ...header, hash: hashOf(bytes), squeezed: await squeeze(image) };
}

/** Files with faults that leave the picture whole are good enough to train on; of the others it says why they are not. */
async function decodeMended(path: string, maxPixels: number, memory: PictureMemory): Promise<Look> {
  const held = holdMemory(memory);
  try {
    const { width, height, data } = await decodeFile(path, "ignore", maxPixels, held);
    const squeezed = await squeeze(sharp(data, { raw: { width, height, channels: 3 } }));
    return { width, height, hash: hashOf(await readFile(path)), squeezed };
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    return { problem: error.message };
  } finally {
    held.release();
  }
}

async function squeeze(image: Sharp): Promise<Uint8Array> {
  const pixels = await image
    .resize(GRID, GRID, { fit: "fill" })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
  return pixels.length === GRID * GRID * 3 ? pixels : Uint8Array.from(colours(pixels));
}

/** Three channels of those that there are: grey has one, or one and what was transparent. */
function* colours(pixels: Uint8Array): Generator<number> {
  const channels = pixels.length / (GRID * GRID);
  for (let at = 0; at < pixels.length; at += channels)
    for (let channel = 0; channel < 3; channel++) yield pixels[at + (channels >= 3 ? channel : 0)] as number;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
