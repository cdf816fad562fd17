/** Pictures at working size on disk, so that no later run decodes them again. Any number of processes may share a folder. */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { crc32 } from "node:zlib";
import type { Pixels } from "../../transforms/pixels/pixels.js";

/** What threads know of it. */
export interface DiskCache {
  readonly folder: string;
  /** Besides the picture's own content: what made it what it is. */
  readonly made: string;
  /** KiB in the folder as far as this process knows, in memory that all threads see. */
  readonly used: Int32Array;
  readonly limit: number;
}

export const kibi = 1024;

/** Of the names of pictures. */
export const ending = ".rgb";

/** Width, height and a checksum of the pixels, four bytes each. */
const HEADER = 12;

/** Under which name a picture is kept. @param what its content, and everything that shaped it */
export function nameOf({ made }: Pick<DiskCache, "made">, ...what: readonly string[]): string {
  return createHash("sha256")
    .update([made, ...what].join("\n"))
    .digest("hex")
    .slice(0, 40);
}

/** `undefined` where it is not there, or not whole. */
export function readKept({ folder }: DiskCache, name: string): Pixels | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(folder, `${name}${ending}`));
  } catch {
    return undefined;
  }
  if (bytes.length < HEADER) return undefined;
  const [width, height] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  const data = bytes.subarray(HEADER);
  const isWhole = data.length === width * height * 3 && crc32(data) === bytes.readUInt32LE(8);
  return isWhole ? { width, height, data } : undefined;
}

/** Keeps the picture if there is room. A disk that is full or broken makes training slower, and ends nothing. */
export function keepOnDisk({ folder, used, limit }: DiskCache, name: string, { width, height, data }: Pixels): void {
  const size = Math.ceil((HEADER + data.length) / kibi);
  if (Atomics.add(used, 0, size) + size > limit) {
    Atomics.sub(used, 0, size);
    return;
  }
  const path = join(folder, name);
  const unfinished = `${path}.${process.pid}-${threadId}.tmp`;
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(width, 0);
  header.writeUInt32LE(height, 4);
  header.writeUInt32LE(crc32(data), 8);
  try {
    writeFileSync(unfinished, Buffer.concat([header, data]));
    // Whoever reads meanwhile finds all of it or nothing.
    renameSync(unfinished, `${path}${ending}`);
  } catch {
    rmSync(unfinished, { force: true });
    Atomics.sub(used, 0, size);
  }
}
