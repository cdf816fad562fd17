/** Archives of files as they are, nothing compressed: what `torch.save` writes. */
import { crc32 } from "node:zlib";

/** Without the larger format's fields an archive ends here. */
export const longestArchive = 2 ** 32 - 1;

/** So that what maps a file into memory finds numbers where processors like them. */
const alignment = 64;

/** Bytes 6 of each header: names are UTF-8. */
const utf8 = 0x800;

/** @returns the archive, in pieces: no file is copied */
export function zipped(files: readonly (readonly [name: string, content: Uint8Array])[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let place = 0;
  const add = (piece: Uint8Array) => {
    pieces.push(piece);
    place += piece.length;
  };
  for (const [file, content] of files) {
    const name = Buffer.from(file, "utf8");
    const at = place;
    const head = headerOf(content, name, (alignment - ((at + 30 + name.length + 4) % alignment)) % alignment);
    add(head);
    add(content);
    directory.push(directoryEntry(head, name, at));
  }
  const from = place;
  for (const entry of directory) add(entry);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(place - from, 12);
  end.writeUInt32LE(from, 16);
  add(end);
  return pieces;
}

/** With a field of padding, whose kind is PyTorch's own: `FB`. */
function headerOf(content: Uint8Array, name: Buffer, padding: number): Buffer {
  const head = Buffer.alloc(30 + name.length + 4 + padding);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(utf8, 6);
  // The first of January 1980: files of the same model are the same files.
  head.writeUInt16LE(0x21, 12);
  head.writeUInt32LE(crc32(content), 14);
  head.writeUInt32LE(content.length, 18);
  head.writeUInt32LE(content.length, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(4 + padding, 28);
  name.copy(head, 30);
  head.write("FB", 30 + name.length, "latin1");
  head.writeUInt16LE(padding, 32 + name.length);
  return head;
}

/** The same fields once more, and where the file's own header is. */
function directoryEntry(head: Buffer, name: Buffer, at: number): Buffer {
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 4);
  head.copy(entry, 6, 4, 28);
  entry.writeUInt16LE(0, 30);
  entry.writeUInt32LE(at, 42);
  name.copy(entry, 46);
  return entry;
}
