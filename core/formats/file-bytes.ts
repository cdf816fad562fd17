/** A file that is read by position, and what is said where it does not let itself be read. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from "node:fs";
import { corruptFile, pathProblem, readFailed } from "../values/errors.js";

/** An open file. Nothing of it is kept. */
export interface FileBytes {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Tells a file from what somebody puts in its place later. */
  readonly stamp: string;
  /** @throws FGKD_CORRUPT_FILE when the file ends before */
  read(from: number, length: number): Uint8Array<ArrayBuffer>;
  /** Fills these bytes from a position on. @throws as `read` does */
  readInto(bytes: Uint8Array, from: number): void;
}

/** What helps when a file was cut off or changed on its way. */
export const downloadAgain = "Download or export the file again.";

/** Node reads less than 2 GiB at a time. */
const longestRead = 2 ** 30;

/**
 * Opens a file for the time of the work.
 *
 * @throws FGKD_PATH when it cannot be opened or read
 */
export function withFile<T>(path: string, work: (file: FileBytes) => T): T {
  const descriptor = open(path);
  try {
    const about = fstatSync(descriptor);
    const readInto = (bytes: Uint8Array, from: number) => readWhole(descriptor, path, bytes, from);
    return work({
      path,
      size: about.size,
      stamp: stampOf(about),
      readInto,
      read: (from, length) => {
        const bytes = new Uint8Array(length);
        readInto(bytes, from);
        return bytes;
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

/** What stands in a hostile file must not fill the screen. */
export function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function stampOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino}/${size}/${mtimeMs}`;
}

/** A file may be shorter than it was, or than it says, at any time. */
function readWhole(descriptor: number, path: string, bytes: Uint8Array, from: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readPiece(descriptor, path, bytes.subarray(done, done + longestRead), from + done);
    if (count === 0) throw corruptFile(path, "is cut off", downloadAgain);
    done += count;
  }
}

function readPiece(descriptor: number, path: string, bytes: Uint8Array, from: number): number {
  try {
    return readSync(descriptor, bytes, 0, bytes.length, from);
  } catch (cause) {
    throw readFailed(path, cause);
  }
}

function open(path: string): number {
  const give = "Give the path of a file of weights that exists.";
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
    if (isFile) return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw readFailed(path, cause);
    throw pathProblem(path, "cannot be opened (ENOENT)", give);
  }
  throw pathProblem(path, "is not a file", `${filesIn(path)}${give}`);
}

/** A folder of the hub's, or of a run, holds what was meant. */
function filesIn(path: string): string {
  try {
    const files = readdirSync(path).filter((name) => /\.(safetensors|pth|pt|bin|th)$/.test(name));
    return files.length === 0 ? "" : `It is a folder with ${brief(files.slice(0, 3).join(", "))} in it. `;
  } catch {
    return "";
  }
}
