/** A file that is not whole yet: whose it is, how far it has come, and its checksum so far. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** So much is read at a time when what was there is looked at. */
const piece = 2 ** 20;

export interface PartFile {
  /** Bytes that are there. */
  readonly length: number;
  /** Takes what begins at `length`. @throws the system's error */
  add(bytes: Uint8Array): Promise<void>;
  /** Leaves nothing but the beginning. */
  restart(): Promise<void>;
  /** Of what is there, as hexadecimal figures. */
  digest(): string;
  /** Gives the whole file its name. */
  finish(): Promise<void>;
  /** Leaves it for the next to go on with, where there is anything. */
  release(): Promise<void>;
}

/**
 * Begins the part of a file, or goes on with one that nobody works on. No two processes ever write one: each has a part under
 * a name of its own, and takes another's by renaming it, at which one of two fails.
 *
 * @param path of the whole file, whose folder is there
 * @param begin makes what the checksum is computed with
 */
export async function claimPart(path: string, begin: () => Hash): Promise<PartFile> {
  const own = `${path}.${encodeURIComponent(hostname())}-${process.pid}-${randomBytes(4).toString("hex")}.part`;
  takeOver(path, own);
  const file = await open(own, existsSync(own) ? "r+" : "wx+");
  let hash = begin();
  let length = await hashed(file, hash);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    get length() {
      return length;
    },
    add: async (bytes) => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, length + done);
        done += bytesWritten;
      }
      hash.update(bytes);
      length += bytes.length;
    },
    restart: async () => {
      await file.truncate(0);
      hash = begin();
      length = 0;
    },
    digest: () => hash.copy().digest("hex"),
    finish: async () => {
      await file.sync();
      await close();
      renameSync(own, path);
    },
    release: async () => {
      await close();
      const left = `${path}.part`;
      if (sizeOf(own) > Math.max(0, sizeOf(left))) renameSync(own, left);
      else rmSync(own, { force: true });
    },
  };
}

/** Renames the longest part that nobody works on. */
function takeOver(path: string, own: string): void {
  const folder = dirname(path);
  const parts = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(".part"))
    .map((name) => join(folder, name))
    .filter((part) => isNobodys(part, path))
    .sort((one, other) => sizeOf(other) - sizeOf(one));
  for (const part of parts) {
    try {
      renameSync(part, own);
      return;
    } catch {
      // Somebody else was faster.
    }
  }
}

/** Of a process on another machine nobody knows whether it still works. */
function isNobodys(part: string, path: string): boolean {
  const [, host, id] = /^\.(.+)-(\d+)-[0-9a-f]{8}\.part$/.exec(part.slice(path.length)) ?? [];
  if (host === undefined) return part === `${path}.part`;
  return host === encodeURIComponent(hostname()) && !isRunning(Number(id));
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

/** @returns how much there was */
async function hashed(file: FileHandle, hash: Hash): Promise<number> {
  const buffer = new Uint8Array(piece);
  const { size } = await file.stat();
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(piece, size - length), length);
    if (bytesRead === 0) return length;
    hash.update(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
}

/** A checksum of whole files: SHA-256, or, of a size, the one that git gives a file. */
export function createChecksum(kind: "sha256" | "git", size: number): Hash {
  return kind === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}
