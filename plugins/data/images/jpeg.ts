/** JPEGs by libjpeg-turbo, where its addon was built: the pixels of the decoder that every install has, several times faster. */
import { placesOf, requireAddon } from "../../native/addon.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";

/** The contract that this file describes: the number in native/jpeg.cc. */
const contract = 1;

interface Addon {
  readonly contract: number;
  /** `undefined` where the file is unusual, damaged or has hundreds of scans. */
  decode(bytes: Uint8Array): Pixels | undefined;
}

let addon: Addon | null | undefined;

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
  } catch {
    // Not built, or for another system: nothing but time is lost.
    return null;
  }
}
