/** Files that are there in full or not at all, whenever the process or the machine stops. */

import { createHash, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { unfinished } from "../values/artifacts.js";

/** Systems write less than 2 GiB at a time. */
const longestWrite = 2 ** 30;

/** Throws when this process may not write any more: somebody else has the run folder. */
export type Permission = () => void;

/**
 * Writes a file beside its place, flushes it, renames it into its place, and flushes the folder. Synchronous.
 *
 * @param permission asked when all is written, before anything takes effect. Whoever takes a run folder over first removes
 *   what is unfinished there, so that even a process that is stopped right after the answer has nothing left to rename
 * @returns its SHA-256
 * @throws the system's error, having taken the unfinished file away where that can be; what `permission` throws
 */
export function writeAtomically(path: string, chunks: Iterable<Uint8Array>, permission: Permission = () => {}): string {
  const hash = createHash("sha256");
  // Another one each time, so that no two processes ever write one file; unfinished.ts knows them.
  const temporary = `${path}.${randomBytes(4).toString("hex")}${unfinished}`;
  permission();
  try {
    // Exclusive: what somebody has put in its place, a link above all, is not written through.
    const file = openSync(temporary, "wx");
    try {
      for (const chunk of chunks) {
        hash.update(chunk);
        writeWhole(file, chunk);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    permission();
    renameSync(temporary, path);
  } catch (error) {
    rmQuietly(temporary);
    permission();
    // Nobody knows the other name.
    const failed = error as NodeJS.ErrnoException;
    if (failed.path === temporary) failed.path = path;
    throw failed;
  }
  syncFolder(dirname(path));
  return hash.digest("hex");
}

/** A text, in the same way. */
export function writeTextAtomically(path: string, text: string, permission?: Permission): string {
  return writeAtomically(path, [new TextEncoder().encode(text)], permission);
}

/**
 * Adds a text to the end of a file, and makes the file when missing.
 *
 * @param permission asked once the file is open: who takes a run folder over puts another file in its place, so that what is
 *   added after the answer reaches at most the old one
 * @throws the system's error, and what `permission` throws
 */
export function appendText(path: string, text: string, permission: Permission): void {
  permission();
  const file = openSync(path, "a");
  try {
    permission();
    writeWhole(file, new TextEncoder().encode(text));
  } finally {
    closeSync(file);
  }
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
