/** A quick look at image files: is each one what it claims, is it whole, and what identifies it. No decoding. */
import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { systemProblem } from "../../../core/values/storage-problems.js";
import { type Header, readHeader } from "./header.js";

/** Bytes read from the start; files up to this size are identified by all of their content. */
const HEAD = 32 * 1024;
const TAIL = 4 * 1024;

/** In bytes; photographs are well below. */
const LARGEST = 2 ** 28;

/** What a look at a file found. */
export interface FileReport {
  readonly size: number;
  /** Of the size, the start and the end; of everything in files up to 32 KiB. Empty when nothing was read. */
  readonly hash: string;
  /** Why it cannot be used, in words that follow its name and a colon. */
  readonly problem?: string;
  /** What its first bytes say of the picture, where they do. */
  readonly header?: Header;
  /** Its end does not look like one: decode it to know. */
  readonly suspicious: boolean;
  /** True where nobody looked: it is there, and that is all that is known. */
  readonly isUnopened?: boolean;
}

/** What is wrong with a file, in words that follow its name and a colon. */
export class ImageProblem extends Error {}

/** Opens a file, reads at most 36 KiB of it, and reports. Never throws. */
export function inspectFile(path: string): FileReport {
  let file: number | undefined;
  try {
    const size = checkFile(path);
    file = openSync(path, "r");
    const head = readPart(file, 0, Math.min(HEAD, size));
    const tail = size > HEAD ? readPart(file, size - TAIL, TAIL) : head;
    const hash = createHash("sha256").update(`${size}\n`).update(head).update(tail).digest("hex").slice(0, 32);
    const { format, problem } = sniffFormat(head);
    const header = problem === undefined ? readHeader(head) : undefined;
    return { size, hash, problem, header, suspicious: problem === undefined && !endsWell(format, head, tail, size) };
  } catch (error) {
    const problem = error instanceof ImageProblem ? error.message : accessProblem(path, error);
    return { size: 0, hash: "", problem, suspicious: false };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The format by the first bytes, whatever the file is called. */
export function sniffFormat(head: Uint8Array): { format: "JPEG" | "PNG" | "WebP" | "GIF" | "none"; problem?: string } {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16)).toString("latin1");
  // Stray bytes may lie between the first two markers.
  if (/^\xff\xd8[^\xff]{0,12}\xff[\xc0-\xff]/.test(text)) return { format: "JPEG" };
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return { format: "PNG" };
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return { format: "WebP" };
  if (/^GIF8[79]a/.test(text)) return { format: "GIF" };
  if (head.length === 0) return { format: "none", problem: "is empty" };
  const other = otherFormat(text);
  const problem = other
    ? `is a ${other} file; JPEG, PNG, WebP and GIF can be read`
    : "is not a JPEG, PNG, WebP or GIF image";
  return { format: "none", problem };
}

function otherFormat(text: string): string | undefined {
  if (text.startsWith("BM")) return "BMP";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "TIFF";
  if (text.slice(4, 8) === "ftyp") return /avif|avis/.test(text.slice(8)) ? "AVIF" : "HEIC";
  if (text.startsWith("%PDF")) return "PDF";
  return text.startsWith("PK\x03\x04") ? "ZIP" : undefined;
}

function endsWell(format: string, head: Buffer, tail: Buffer, size: number): boolean {
  if (format === "JPEG") return tail.subarray(-2).toString("latin1") === "\xff\xd9";
  if (format === "PNG") return tail.subarray(-8, -4).toString("latin1") === "IEND";
  if (format === "GIF") return tail.at(-1) === 0x3b;
  return head.length >= 12 && head.readUInt32LE(4) + 8 <= size;
}

/**
 * The size of a file that may be opened: a pipe would never end, and what is larger than any photograph fills memory.
 *
 * @throws ImageProblem, and what the system says
 */
export function checkFile(path: string): number {
  const found = statSync(path);
  if (!found.isFile()) throw new ImageProblem(`is ${kindOf(found)}, not a file`);
  if (found.size > LARGEST) throw new ImageProblem(`is ${found.size} bytes large; ${LARGEST} are read at most`);
  return found.size;
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

/** What the system says, in words that follow the file's name and a colon. */
export function accessProblem(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" && path.includes("\ufffd")) return "has a name that is not UTF-8: rename it";
  if (code === "ENOENT") return isLink(path) ? "is a link to a file that does not exist" : "is not there";
  if (code === "ELOOP") return "is a link that leads back to itself";
  if (code === "EACCES" || code === "EPERM") return "may not be read (permission denied)";
  const known = systemProblem(error, "read");
  return known ? `cannot be read: ${known.problem} (${known.code})` : `cannot be read (${String(error)})`;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function readPart(file: number, position: number, length: number): Buffer {
  const part = Buffer.allocUnsafe(length);
  const read = readSync(file, part, 0, length, position);
  return part.subarray(0, read);
}
