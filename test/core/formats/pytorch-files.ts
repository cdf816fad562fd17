/** Files as torch.save writes them, and as nobody should: put together instruction by instruction. */
import { crc32 } from "node:zlib";

/** Instructions of a pickle, protocol 2, as bytes or as characters of one byte each. */
export type Part = string | Buffer;

export const joined = (...parts: readonly Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));

const number32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

export const text = (value: string) => joined("X", number32(Buffer.byteLength(value)), Buffer.from(value));
/** A number too large for 32 bits as LONG1 of eight bytes. */
export const int = (value: number) => {
  if (Math.abs(value) < 2 ** 31) return joined("J", number32(value));
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return joined("\x8a\x08", bytes);
};
export const global = (module: string, name: string) => joined(`c${module}\n${name}\n`);
export const tuple = (...parts: readonly Part[]) => joined("(", ...parts, "t");
const ints = (...values: readonly number[]) => tuple(...values.map(int));
export const dictionary = (...pairs: readonly (readonly [string, Part])[]) =>
  joined("}(", ...pairs.flatMap(([key, value]) => [text(key), value]), "u");
export const pickle = (...parts: readonly Part[]) => joined("\x80\x02", ...parts, ".");

export const storage = (key: string, count: number, type = "FloatStorage") =>
  joined(tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count)), "Q");

/** A tensor of float32, in storage "0" of so many values unless said. */
export const tensor = (shape: readonly number[], strides: readonly number[], offset = 0, of: Part = storage("0", 4)) =>
  joined(
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple(of, int(offset), ints(...shape), ints(...strides), "\x89", global("collections", "OrderedDict"), ")R"),
    "R",
  );

export const vector = tensor([4], [1]);
export const values = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

/** One file of an archive, and what its heads say of it that is not so. */
export interface Member {
  readonly name: string;
  readonly bytes: Buffer;
  readonly crc?: number;
  readonly method?: number;
  /** Where its bytes are said to begin: the place of another. */
  readonly start?: number;
}

export function zip(members: readonly Member[], count = members.length): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, crc = crc32(bytes), method = 0, start = at } of members) {
    const own = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(own.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(bytes.length, 20);
    entry.writeUInt32LE(bytes.length, 24);
    entry.writeUInt16LE(own.length, 28);
    entry.writeUInt32LE(start, 42);
    parts.push(local, own, bytes);
    list.push(entry, own);
    at += 30 + own.length + bytes.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(Buffer.concat(list).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...list, end]);
}

/** A checkpoint whose only storage has four values. */
export const archive = (...parts: readonly Part[]) =>
  zip([
    { name: "archive/data.pkl", bytes: pickle(...parts) },
    { name: "archive/data/0", bytes: values },
    { name: "archive/version", bytes: Buffer.from("3\n") },
  ]);
