/** Which kind of archive a file is, by its bytes, whatever it is called. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { readFailed } from "../../../core/index.js";
import { refused } from "./allowance.js";

/** What can be unpacked: `gzip` holds a tar. */
export type FileKind = "tar" | "gzip" | "zip" | "parquet";

const starts: readonly (readonly [kind: FileKind, start: string])[] = [
  ["gzip", "\x1f\x8b"],
  ["zip", "PK\x03\x04"],
  ["zip", "PK\x05\x06"],
  ["parquet", "PAR1"],
];
/** Packed in ways that nothing here reads. */
const strangers: readonly (readonly [name: string, start: string])[] = [
  ["bzip2", "BZh"],
  ["xz", "\xfd7zXZ\0"],
  ["7z", "7z\xbc\xaf\x27\x1c"],
  ["RAR", "Rar!"],
  ["zstd", "\x28\xb5\x2f\xfd"],
];

/**
 * `undefined` for what is no archive.
 *
 * @throws FGKD_PATH; FGKD_INVALID_DATA for archives of a kind that nothing here reads
 */
export async function fileKind(path: string): Promise<FileKind | undefined> {
  const head = (await readHead(path)).toString("latin1");
  const known = starts.find(([, start]) => head.startsWith(start))?.[0];
  if (known) return known;
  if (head.slice(257, 262) === "ustar" || /\.tar$/i.test(basename(path))) return "tar";
  const stranger = strangers.find(([, start]) => head.startsWith(start))?.[0];
  if (stranger) throw refused(path, `is packed with ${stranger}; .tar, .tar.gz, .tgz and .zip can be read`);
  return undefined;
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readFailed(path, error);
  }
}
