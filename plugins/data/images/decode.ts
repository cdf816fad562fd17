/** Reads an image file into eight-bit RGB. */
import { readFileSync } from "node:fs";
import sharp from "sharp";
import type { Pixels } from "../../transforms/pixels/pixels.js";
import { accessProblem, checkFile, ImageProblem, sniffFormat } from "./inspect.js";

/** Whether the camera's note on which side is up is followed. */
export type Exif = "apply" | "ignore";

/** In seconds: some images are made to take for ever. */
const PATIENCE = 60;

/** One thread per image: the parallelism is ours, across images. */
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes JPEG, PNG or WebP, told apart by their bytes. Grey becomes RGB; CMYK is converted; transparent parts are
 * laid on white; of an animation the first frame is taken; sixteen bits become eight; colour profiles are ignored, as
 * PyTorch's loaders do.
 *
 * @param maxPixels an image of more is refused before it is decoded: a few bytes can stand for any number of them
 * @throws ImageProblem
 */
export async function decodeFile(path: string, exif: Exif, maxPixels: number): Promise<Pixels> {
  const bytes = readBytes(path);
  const format = requireFormat(bytes);
  try {
    let image = sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: maxPixels });
    if (exif === "apply") image = image.rotate();
    const { data, info } = await image
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .timeout({ seconds: PATIENCE })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (error) {
    throw damaged(format, error, maxPixels);
  }
}

function readBytes(path: string): Buffer {
  try {
    checkFile(path);
    return readFileSync(path);
  } catch (error) {
    throw error instanceof ImageProblem ? error : new ImageProblem(accessProblem(path, error));
  }
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
  const message = error instanceof Error ? error.message : String(error);
  if (/pixel limit/i.test(message)) return new ImageProblem(`has more than ${maxPixels} pixels (data.maxPixels)`);
  if (/^timeout/i.test(message)) return new ImageProblem(`takes longer than ${PATIENCE} s to decode`);
  const detail = message
    .replace(/^Input buffer (has corrupt header|contains unsupported image format):?\s*/i, "")
    .split("\n")[0]
    ?.trim();
  return new ImageProblem(`damaged or cut short ${format}${detail ? ` (${detail})` : ""}`);
}
