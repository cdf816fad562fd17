/** Makes archives, honest ones and others, byte by byte. */
import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** An entry of a tar; `type` as the format has it, `size` if it shall lie. */
export interface TarPart {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly type?: string;
  readonly link?: string;
  readonly size?: number;
}

const BLOCK = 512;

export function tar(parts: readonly TarPart[]): Buffer {
  return Buffer.concat([...parts.flatMap(tarPart), Buffer.alloc(2 * BLOCK)]);
}

/** Header, content, and zeros up to a whole block. */
function tarPart({ name, content = "", type = "0", link = "", size }: TarPart): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write("0000644\0", 100);
  header.write(`${(size ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
}

/** A record of a pax header, its own length included. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (length !== `${length}${rest}`.length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

/** A tar.gz whose one file is zeros: a megabyte for each that the packed bytes take a thousandth of. */
export function bomb(megabytes: number): Buffer {
  const [header = Buffer.alloc(0)] = tarPart({ name: "zeros.jpg", size: megabytes * 2 ** 20 });
  const zeros = gzipSync(Buffer.alloc(2 ** 23));
  return Buffer.concat([gzipSync(header), ...Array.from({ length: megabytes / 8 }, () => zeros)]);
}

export interface ZipPart {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** Unix mode. */
  readonly mode?: number;
  /** What it says that it becomes, if it shall lie. */
  readonly size?: number;
  readonly flags?: number;
}

export function zip(parts: readonly ZipPart[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content = "", mode = 0o100644, size, flags = 0 } of parts) {
    const [bytes, label] = [Buffer.from(content), Buffer.from(name)];
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? bytes.length, 18);
    common.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, label, packed]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE((mode << 16) >>> 0, 6);
    central.writeUInt32LE(offset, 10);
    // Made by version 2.0, under Unix.
    directory.push(Buffer.from("PK\x01\x02"), Buffer.from([20, 3]), common, central, label);
    files.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, list, Buffer.from("PK\x05\x06"), end]);
}
