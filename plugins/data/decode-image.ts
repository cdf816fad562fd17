/** The decoder, for whoever wants pixels. */
import { badImage } from "../../core/index.js";
import type { Pixels } from "../transforms/pixels/pixels.js";
import type { Exif } from "./images/decode.js";
import { ImageProblem } from "./images/inspect.js";

export interface DecodeImageOptions {
  /** Whether the picture is turned the way the camera noted. Default `apply`. */
  readonly exif?: Exif;
  /** An image of more is refused before it is decoded. Default 2²⁶. */
  readonly maxPixels?: number;
}

/**
 * Decodes JPEG, PNG, WebP or GIF, told apart by their bytes, as fgkd does in training and tests: grey becomes RGB; CMYK is converted;
 * transparent parts are laid on white; of an animation the first frame is taken; sixteen bits become eight.
 *
 * @param image the path of a file, or its bytes
 * @returns eight-bit RGB, rows from the top
 * @throws FGKD_BAD_IMAGE
 * @example
 * const { width, height, data } = await decodeImage("photo.jpg");
 */
export async function decodeImage(image: string | Uint8Array, options?: DecodeImageOptions): Promise<Pixels> {
  const { exif = "apply", maxPixels = 2 ** 26 } = options ?? {};
  // Drawn images need no decoder, and it takes a while to load.
  const { decodeBytes, decodeFile } = await import("./images/decode.js");
  try {
    if (typeof image === "string") return await decodeFile(image, exif, maxPixels);
    return await decodeBytes(image, exif, maxPixels);
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    throw badImage(typeof image === "string" ? image : "the image", error.message, "Give another image.");
  }
}
