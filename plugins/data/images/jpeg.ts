/** JPEGs by libjpeg-turbo, where its addon was built: the pixels of the decoder that every install has, several times faster. */
import { placesOf, requireAddon } from "../../native/addon.js";
import { whyNotBuilt } from "../../native/build-log.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";

/** The contract that this file describes: the number in native/jpeg.cc. */
const contract = 1;

interface Addon {
  readonly contract: number;
  /** `undefined` where the file is unusual, damaged or has hundreds of scans. */
  decode(bytes: Uint8Array): Pixels | undefined;
}

let addon: Addon | null | undefined;
/** What is wrong with a file that is there. */
let problem = "";

/**
 * Decodes grey and RGB in the usual samplings, as it is stored: nothing is turned.
 *
 * @param bytes a whole file, of a size that is known to be bearable
 * @returns `undefined` where the addon is not there, or where the other decoder is to have a look
 */
export function decodeJpeg(bytes: Uint8Array): Pixels | undefined {
  if (addon === undefined) addon = load();
  return addon?.decode(bytes);
}

function load(): Addon | null {
  try {
    return requireAddon<Addon>(placesOf("jpeg.node", "@fgkd/jpeg"), contract);
  } catch (cause) {
    // Not built, or for another system: nothing but time is lost.
    problem = (cause as Error).message;
    return null;
  }
}

/** Which decoder ordinary JPEGs are given to. */
export interface JpegDecoder {
  readonly name: "libjpeg-turbo" | "sharp";
  /** Why it is the slower one; absent where it is not. */
  readonly reason?: string;
  /** What has the faster one built; absent where there is no build for this system. */
  readonly remedy?: string;
}

/** Says which of the two decoders is here, for `fgkd doctor`. Their pixels are the same. */
export function jpegDecoder(): JpegDecoder {
  if (addon === undefined) addon = load();
  if (addon) return { name: "libjpeg-turbo" };
  const packages: Partial<Record<NodeJS.Platform, string>> = {
    linux: "apt-get install libturbojpeg0-dev g++",
    darwin: "brew install jpeg-turbo",
  };
  const install = packages[process.platform];
  return {
    name: "sharp",
    reason: problem || whyNotBuilt("jpeg"),
    ...(install && { remedy: `${install}, then npm rebuild fgkd` }),
  };
}
