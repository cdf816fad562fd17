/** Event files read by the definition of their format, with nothing of what writes them. */

/** A record of an event file: `time` and what else it has. */
export interface ReadEvent {
  readonly time: number;
  readonly step?: number;
  readonly version?: string;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** Bit by bit, as a division of polynomials. */
export function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

/** @throws Error where a length or a checksum is wrong, or a field is none that an event has */
export function readEvents(file: Buffer): readonly ReadEvent[] {
  const events: ReadEvent[] = [];
  let at = 0;
  while (at < file.length) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (data.length !== length) throw new Error("a record is cut off");
    const checks = [
      [file.subarray(at, at + 8), file.readUInt32LE(at + 8)],
      [data, file.readUInt32LE(at + 12 + length)],
    ] as const;
    for (const [bytes, masked] of checks) {
      const turned = (masked - 0xa282ead8 + 2 ** 32) % 2 ** 32;
      const crc = (turned % 2 ** 17) * 2 ** 15 + Math.floor(turned / 2 ** 17);
      if (crc !== slowCrc32c(bytes)) throw new Error("a checksum is wrong");
    }
    events.push(eventOf(data));
    at += 16 + length;
  }
  return events;
}

type Field = readonly [field: number, value: number | Buffer];

function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) fields.push([field, varint()]);
    else if (type === 1) {
      fields.push([field, message.readDoubleLE(at)]);
      at += 8;
    } else if (type === 2) {
      const length = varint();
      fields.push([field, message.subarray(at, at + length)]);
      at += length;
    } else if (type === 5) {
      fields.push([field, message.readFloatLE(at)]);
      at += 4;
    } else throw new Error(`no field has type ${type}`);
  }
  return fields;
}

function eventOf(message: Buffer): ReadEvent {
  const fields = new Map(fieldsOf(message));
  const summary = fields.get(5) as Buffer | undefined;
  const scalars = summary && fieldsOf(summary).map(([, value]) => scalarOf(value as Buffer));
  return {
    time: fields.get(1) as number,
    ...(fields.has(2) && { step: fields.get(2) as number }),
    ...(fields.has(3) && { version: String(fields.get(3)) }),
    ...(scalars && { scalars: Object.fromEntries(scalars) }),
  };
}

function scalarOf(message: Buffer): readonly [string, number] {
  const fields = new Map(fieldsOf(message));
  return [String(fields.get(1)), fields.get(2) as number];
}
