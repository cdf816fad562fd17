/**
 * Reads tar archives as they stream by: ustar, pax and GNU's long names. Files and folders only: links, devices and holes are refused, so that
 * nothing in an archive can point anywhere. Of what libraries offer, none bounds the memory that headers take.
 *
 * @see POSIX.1-2017, "pax", ustar and pax interchange formats
 */
import { corruptFile } from "../../../core/index.js";
import { quoted, refused, safePath } from "./allowance.js";
import type { ArchiveEntry } from "./archive-entry.js";
import { type ByteStream, createByteStream } from "./byte-stream.js";

const BLOCK = 512;
/** In bytes; a path is a few hundred. */
const LONGEST_NOTE = 2 ** 16;

/** What a header of another kind says of the entry after it. */
interface Notes {
  readonly path?: string;
  readonly size?: number;
}

/**
 * @param source its bytes, unpacked
 * @throws FGKD_INVALID_DATA for what is refused, FGKD_CORRUPT_FILE for what is cut short or no tar
 */
export async function* tarEntries(archive: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const stream = createByteStream(source, () => cutShort(archive));
  let notes: Notes = {};
  for (let block = await stream.block(BLOCK); block; block = await stream.block(BLOCK)) {
    if (block.every((byte) => byte === 0)) return;
    const header = readHeader(archive, block);
    const padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    if ("xgL".includes(header.type)) {
      const note = await readNote(archive, stream, header.size);
      await stream.pass(padding);
      // A global header (git's comment) is about no entry.
      if (header.type !== "g")
        notes = { ...notes, ...(header.type === "L" ? { path: textOf(note) } : paxNotes(archive, note)) };
      continue;
    }
    const { size = header.size, path: name = header.name } = notes;
    notes = {};
    yield* entryOf(archive, stream, { ...header, size, name });
    await stream.pass((BLOCK - (size % BLOCK)) % BLOCK);
  }
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

async function* entryOf(
  archive: string,
  stream: ByteStream,
  { name, size, type }: Header,
): AsyncGenerator<ArchiveEntry> {
  const isFolder = type === "5" || (type === "0" && name.endsWith("/"));
  if (type !== "0" && type !== "5") throw refused(archive, `holds ${quoted(name)}, ${kindOf(type)}`);
  const path = safePath(archive, name);
  let isRead = false;
  const content = () => {
    isRead = true;
    return stream.chunks(size);
  };
  yield { path, kind: isFolder ? "folder" : "file", content };
  if (!isRead) await stream.pass(size);
}

function kindOf(type: string): string {
  const kinds: Readonly<Record<string, string>> = {
    "1": "a link",
    "2": "a link",
    "3": "a device",
    "4": "a device",
    "6": "a pipe",
  };
  return kinds[type] ?? `an entry of kind ${quoted(type)}`;
}

function readHeader(archive: string, block: Buffer): Header {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  const written = numberOf(block.subarray(148, 156));
  if (sum !== written)
    throw corruptFile(archive, "is no tar archive, or damaged (a header's checksum is wrong)", "Get the file anew.");
  const size = numberOf(block.subarray(124, 136));
  if (!Number.isSafeInteger(size) || size < 0) throw refused(archive, "holds an entry of an impossible size");
  const prefix =
    block.toString("latin1", 257, 262) === "ustar" && block[263] !== 32 ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  const type = block[156] === 0 ? "0" : block.toString("latin1", 156, 157);
  return { name: prefix === "" ? name : `${prefix}/${name}`, size, type: type === "7" ? "0" : type };
}

/** Octal digits; or, with the first bit set, the number itself. */
function numberOf(field: Buffer): number {
  if (((field[0] as number) & 0x80) === 0)
    return Number.parseInt(field.toString("latin1").replaceAll(/[\0 ]/g, "") || "0", 8);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] as number) & 0x7f);
}

async function readNote(archive: string, stream: ByteStream, size: number): Promise<Buffer> {
  if (size > LONGEST_NOTE) throw refused(archive, `holds a header of ${size} bytes`);
  return (await stream.block(size)) ?? Buffer.alloc(0);
}

/** Records "<length> <key>=<value>\n", of which path and size count. */
function paxNotes(archive: string, note: Buffer): Notes {
  const found = new Map<string, string>();
  for (let at = 0; at < note.length; ) {
    const length = Number.parseInt(note.toString("latin1", at, at + 20), 10);
    if (!(length > 4 && at + length <= note.length)) throw cutShort(archive);
    const [, key, value] = /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(note.toString("utf8", at, at + length)) ?? [];
    if (key === undefined || value === undefined) throw cutShort(archive);
    found.set(key, value);
    at += length;
  }
  if ([...found.keys()].some((key) => key.startsWith("GNU.sparse"))) throw refused(archive, "holds a file with holes");
  const [path, size] = [found.get("path"), found.get("size")];
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw refused(archive, "holds an entry of an impossible size");
  return { ...(path !== undefined && { path }), ...(size !== undefined && { size: Number(size) }) };
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

function cutShort(archive: string) {
  return corruptFile(archive, "is cut short or damaged", "Get the file anew.");
}
