/** Event files, as TensorBoard reads them: records of protocol buffers, each guarded by checksums. */
import { crc32c } from "./crc32c.js";

/** Numbers by tag, at a step. */
export interface Scalars {
  /** In seconds since 1970. */
  readonly time: number;
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * A whole file: its version, then an event for each group of scalars.
 *
 * An event is the message `Event` of TensorFlow's event.proto: `wall_time` (field 1, double), `step` (2, varint), and either
 * `file_version` (3, text) or `summary` (5), which holds a `value` (1) for each scalar with `tag` (1) and `simple_value` (2, float).
 */
export function eventFile(events: readonly Scalars[]): Uint8Array {
  const time = events[0]?.time ?? 0;
  const begin = [double(1, time), text(3, "brain.Event:2")];
  const rest = events.map(({ time, step, values }) => [double(1, time), whole(2, step), bytes(5, summary(values))]);
  return Buffer.concat([begin, ...rest].map((fields) => record(Buffer.concat(fields))));
}

function summary(values: Scalars["values"]): Uint8Array {
  return Buffer.concat(
    Object.entries(values).map(([tag, value]) => bytes(1, Buffer.concat([text(1, tag), float(2, value)]))),
  );
}

/** Its length in eight bytes and their checksum, then the data and its checksum: the records of tfrecord. */
function record(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, masked(length), data, masked(data)]);
}

/** A checksum of what holds checksums itself would say little: this one is turned by 15 bits, and a constant added. */
function masked(data: Uint8Array): Uint8Array {
  const crc = crc32c(data);
  const result = Buffer.alloc(4);
  result.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return result;
}

/** How a field of a message is encoded. */
const wire = { varint: 0, eight: 1, bytes: 2, four: 5 } as const;

function key(field: number, type: number): Uint8Array {
  return Uint8Array.of((field << 3) | type);
}

function whole(field: number, value: number): Uint8Array {
  return Buffer.concat([key(field, wire.varint), varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  const result = Buffer.alloc(8);
  result.writeDoubleLE(value);
  return Buffer.concat([key(field, wire.eight), result]);
}

function float(field: number, value: number): Uint8Array {
  const result = Buffer.alloc(4);
  result.writeFloatLE(value);
  return Buffer.concat([key(field, wire.four), result]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([key(field, wire.bytes), varint(value.length), value]);
}

/** Seven bits a byte, the lowest first; of numbers that are not negative. */
function varint(value: number): Uint8Array {
  const result: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) result.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...result, rest]);
}
