/** How much an archive may become, and what its entries may be called: what was made to harm is refused before it does. */
import { invalidData, named } from "../../../core/index.js";

/** Photographs hardly shrink; lists, boxes and the padding of small files do. */
const GROWTH = 20;
/** In bytes: small archives may be nothing but lists. */
const FREE = 2 ** 26;
/** Characters of a path in an archive; systems refuse what is much longer. */
const LONGEST_PATH = 1024;
const LONGEST_NAME = 255;
const DEEPEST = 32;

const REMEDY =
  "Get the archive anew from whom you trust; if you trust this one, unpack it by hand and give the folder.";

/** Bytes that may still be written. */
export interface Allowance {
  /** @throws FGKD_INVALID_DATA when it is used up */
  take(bytes: number): void;
}

/** @param size of the archive, in bytes */
export function createAllowance(archive: string, size: number): Allowance {
  const most = FREE + GROWTH * size;
  let taken = 0;
  return {
    take: (bytes) => {
      taken += bytes;
      if (taken <= most) return;
      throw refused(
        archive,
        `of ${size} bytes would become more than ${most}, as archives do that are made to fill disks`,
      );
    },
  };
}

/**
 * The path of an entry, its parts joined by `/`; empty for the archive's own folder.
 *
 * @throws FGKD_INVALID_DATA for one that leads outside, or that no system would take
 */
export function safePath(archive: string, name: string): string {
  const plain = name.replaceAll("\\", "/");
  const parts = plain.split("/").filter((part) => part !== "" && part !== ".");
  if (plain.startsWith("/") || /^[a-z]:/i.test(plain) || parts.includes(".."))
    throw refused(archive, `holds ${quoted(name)}, a path that leads outside of it`);
  const isLong =
    plain.length > LONGEST_PATH || parts.length > DEEPEST || parts.some((part) => part.length > LONGEST_NAME);
  if (isLong || plain.includes("\0")) throw refused(archive, `holds ${quoted(name)}, a path that no system takes`);
  return parts.join("/");
}

/** An archive that is not unpacked. `problem`: in words that follow its path and a colon. */
export function refused(archive: string, problem: string) {
  return invalidData(archive, problem, REMEDY);
}

export function quoted(name: string): string {
  return `"${named(name)}"`;
}
