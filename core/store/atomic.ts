/** Files that are there in full or not at all, whenever the process or the machine stops. */

import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { unfinished } from "../values/artifacts.js";

/** Systems write less than 2 GiB at a time. */
const longestWrite = 2 ** 30;

/**
 * Writes a file beside its place, flushes it, renames it into its place, and flushes the folder. Synchronous.
 *
 * @returns its SHA-256
 * @throws the system's error, having taken the unfinished file away where that can be
 */
export function writeAtomically(path: string, chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  const temporary = path + unfinished;
  try {
    const file = openSync(temporary, "w");
    try {
      for (const chunk of chunks) {
        hash.update(chunk);
        writeWhole(file, chunk);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmQuietly(temporary);
    throw error;
  }
  syncFolder(dirname(path));
  return hash.digest("hex");
}

/** A text, in the same way. */
export function writeTextAtomically(path: string, text: string): string {
  return writeAtomically(path, [new TextEncoder().encode(text)]);
}

function writeWhole(file: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.length; )
    done += writeSync(file, chunk, done, Math.min(chunk.length - done, longestWrite));
}

/** A renamed file is safe when its folder is. Some systems cannot flush folders; those do without. */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EINVAL", "EISDIR", "EPERM", "EACCES", "ENOTSUP", "EBADF"].includes(code)) throw error;
  }
}

/** Where even this fails, the error that led here says why. */
function rmQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next start tries again.
  }
}
