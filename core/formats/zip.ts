/** The list of a zip archive, read by position: nothing is unpacked, and nothing but the list is held. */
import { corruptFile } from "../values/errors.js";
import { brief, downloadAgain, type FileBytes } from "./file-bytes.js";

/** One file of an archive. */
export interface ZipEntry {
  /** Whether its bytes stand in the archive as they are. */
  readonly isPlain: boolean;
  /** Of its bytes in the archive. */
  readonly from: number;
  readonly length: number;
  /** Of these; undefined where whoever wrote the archive left it out. */
  readonly crc: number | undefined;
}

/** A checkpoint has an entry for each of its storages: a few thousand at most. */
const mostEntries = 2 ** 17;

/** In bytes: so many entries with the longest names that there are. */
const longestList = 2 ** 25;

const unknown32 = 0xffffffff;

/**
 * @returns by name
 * @throws FGKD_CORRUPT_FILE when the archive has no list, or entries that lie outside of it or over one another
 */
export function readZip(file: FileBytes): ReadonlyMap<string, ZipEntry> {
  const fail = (problem: string) => corruptFile(file.path, `is a zip archive that ${problem}`, downloadAgain);
  const list = findList(file);
  if (!list) throw fail("is cut off: it has no list of its files at its end");
  if (list.from + list.length > file.size || list.length > longestList)
    throw fail("has no list of its files where it says");
  const bytes = file.read(list.from, list.length);
  const view = new DataView(bytes.buffer);
  const found: { readonly name: string; readonly start: number; readonly entry: ZipEntry }[] = [];
  for (let at = 0; at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50; ) {
    if (found.length === mostEntries) throw fail(`lists more than ${mostEntries} files`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((from) => view.getUint16(at + from, true)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > bytes.length) throw fail("has a list of files that is cut off");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const extra = new DataView(bytes.buffer, at + 46 + nameLength, extraLength);
    const [size, stored, start] = wideFields(
      [24, 20, 42].map((from) => view.getUint32(at + from, true)),
      extra,
    );
    const isPlain = view.getUint16(at + 10, true) === 0 && (view.getUint16(at + 8, true) & 1) === 0 && size === stored;
    const from = dataAt(file, start);
    if (from === undefined || from + stored > list.from) throw fail(`has no file where it lists "${brief(name)}"`);
    // PyTorch can be told to leave checksums out.
    const crc = view.getUint32(at + 16, true) || undefined;
    found.push({ name, start, entry: { isPlain, from, length: stored, crc } });
    at = next;
  }
  if (found.length !== list.count) throw fail(`lists ${found.length} files, and says that it has ${list.count}`);
  let end = 0;
  for (const { name, start, entry } of [...found].sort((a, b) => a.start - b.start)) {
    if (start < end) throw fail(`lists "${brief(name)}" over the bytes of another file`);
    end = entry.from + entry.length;
  }
  const entries = new Map(found.map(({ name, entry }) => [name, entry]));
  if (entries.size < found.length) throw fail("lists one name twice");
  return entries;
}

/** Where the list is: said by the last bytes of an archive, before a comment of any length. */
function findList(
  file: FileBytes,
): { readonly from: number; readonly length: number; readonly count: number } | undefined {
  const tailLength = Math.min(file.size, 22 + 0xffff);
  const tail = new DataView(file.read(file.size - tailLength, tailLength).buffer);
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50 || at + 22 + tail.getUint16(at + 20, true) !== tailLength) continue;
    const list = {
      count: tail.getUint16(at + 10, true),
      length: tail.getUint32(at + 12, true),
      from: tail.getUint32(at + 16, true),
    };
    const isWide = at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50;
    return isWide ? findWideList(file, Number(tail.getBigUint64(at - 12, true))) : list;
  }
  return undefined;
}

/** Of an archive that may be larger than 4 GiB, which PyTorch's always say they are. */
function findWideList(file: FileBytes, at: number) {
  if (at + 56 > file.size) return undefined;
  const view = new DataView(file.read(at, 56).buffer);
  const [count, length, from] = [32, 40, 48].map((field) => Number(view.getBigUint64(field, true))) as [
    number,
    number,
    number,
  ];
  return view.getUint32(0, true) === 0x06064b50 ? { count, length, from } : undefined;
}

/** Numbers that do not fit into 32 bits stand behind the name, in the same order. */
function wideFields(fields: readonly number[], extra: DataView): [number, number, number] {
  let wide: DataView | undefined;
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    const length = Math.min(extra.getUint16(at + 2, true), extra.byteLength - at - 4);
    if (extra.getUint16(at, true) === 1) wide = new DataView(extra.buffer, extra.byteOffset + at + 4, length);
  }
  let taken = 0;
  const read = fields.map((field) => {
    if (field !== unknown32 || !wide || taken + 8 > wide.byteLength) return field;
    taken += 8;
    return Number(wide.getBigUint64(taken - 8, true));
  });
  return read as [number, number, number];
}

/** Before its bytes every entry has a head of its own, whose length the list does not know. */
function dataAt(file: FileBytes, start: number): number | undefined {
  if (start + 30 > file.size) return undefined;
  const head = new DataView(file.read(start, 30).buffer);
  if (head.getUint32(0, true) !== 0x04034b50) return undefined;
  return start + 30 + head.getUint16(26, true) + head.getUint16(28, true);
}
