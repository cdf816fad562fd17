/** Reads zip archives: every entry is looked at before the first is written. */
import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from "yauzl";
import { corruptFile, FgkdError } from "../../../core/index.js";
import { type Allowance, quoted, refused, safePath } from "./allowance.js";
import type { ArchiveEntry } from "./archive-entry.js";

/** Of a file's mode in Unix: what kind it is. */
const KIND = 0o170000;
const kinds: ReadonlyMap<number, string> = new Map([
  [0o120000, "a link"],
  [0o060000, "a device"],
  [0o020000, "a device"],
  [0o010000, "a pipe"],
  [0o140000, "a socket"],
]);

/**
 * @param allowance of what its entries say that they become; a longer one fails while it is read
 * @throws FGKD_INVALID_DATA for what is refused, FGKD_CORRUPT_FILE for what is damaged
 */
export async function* zipEntries(archive: string, allowance: Allowance): AsyncGenerator<ArchiveEntry> {
  for await (const entry of read(archive)) {
    allowance.take(entry.entry.uncompressedSize);
    check(archive, entry);
  }
  for await (const { entry, name, zip } of read(archive)) {
    const isFolder = name.endsWith("/");
    yield {
      path: safePath(archive, name),
      kind: isFolder ? "folder" : "file",
      content: () => contentOf(archive, zip, entry),
    };
  }
}

interface Found {
  readonly entry: Entry;
  readonly name: string;
  readonly zip: ZipFile;
}

async function* read(archive: string): AsyncGenerator<Found> {
  let zip: ZipFile | undefined;
  try {
    // Names are looked at here, by the rule that holds for every kind of archive.
    zip = await openPromise(archive, { lazyEntries: true, autoClose: false, decodeStrings: false });
    for await (const entry of zip.eachEntry()) {
      const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
      yield { entry, zip, name: getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false) };
    }
  } catch (error) {
    throw damaged(archive, error);
  } finally {
    zip?.close();
  }
}

function check(archive: string, { entry, name }: Found): void {
  safePath(archive, name);
  // Only where the archive was made under Unix are the upper bits a mode.
  const kind = entry.versionMadeBy >>> 8 === 3 ? kinds.get((entry.externalFileAttributes >>> 16) & KIND) : undefined;
  if (kind !== undefined) throw refused(archive, `holds ${quoted(name)}, ${kind}`);
  if (entry.isEncrypted()) throw refused(archive, `holds ${quoted(name)}, which needs a password`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    throw refused(
      archive,
      `holds ${quoted(name)}, packed in a way that is not known here (${entry.compressionMethod})`,
    );
}

async function* contentOf(archive: string, zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    let sum = 0;
    const stream: Readable = await zip.openReadStreamPromise(entry);
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      sum = crc32(bytes, sum);
      yield bytes;
    }
    if (sum !== entry.crc32) throw new Error("a checksum is wrong");
  } catch (error) {
    throw damaged(archive, error);
  }
}

function damaged(archive: string, error: unknown): Error {
  if (error instanceof FgkdError) return error;
  return corruptFile(
    archive,
    `is no zip archive, or damaged (${error instanceof Error ? error.message : String(error)})`,
    "Get the file anew.",
  );
}
