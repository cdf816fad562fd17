/** Messages of protocol buffers, as bytes: the few kinds of fields that a file of ONNX has. */

/** Bytes in pieces: weights are not copied. */
export interface Bytes {
  readonly length: number;
  readonly pieces: readonly Uint8Array[];
}

const kinds = { varint: 0, bytes: 2, float: 5 } as const;

/** A message, or the content of a field, of its parts. */
export function joined(parts: readonly Bytes[]): Bytes {
  return {
    length: parts.reduce((sum, { length }) => sum + length, 0),
    pieces: parts.flatMap(({ pieces }) => pieces),
  };
}

function piece(bytes: Uint8Array): Bytes {
  return { length: bytes.length, pieces: [bytes] };
}

/** A whole number, negative ones as two's complement of 64 bits. */
function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

function tag(field: number, kind: keyof typeof kinds): Uint8Array {
  return varint((field << 3) | kinds[kind]);
}

/** A whole number. */
export function whole(field: number, value: number | bigint): Bytes {
  return joined([piece(tag(field, "varint")), piece(varint(value))]);
}

/** A number of 32 bits. */
export function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([piece(tag(field, "float")), piece(bytes)]);
}

/** A message in a message. */
export function nested(field: number, parts: readonly Bytes[]): Bytes {
  const content = joined(parts);
  return joined([piece(tag(field, "bytes")), piece(varint(content.length)), content]);
}

/** Bytes, or the UTF-8 of a text. */
export function bytes(field: number, value: Uint8Array | string): Bytes {
  return nested(field, [piece(typeof value === "string" ? new TextEncoder().encode(value) : value)]);
}

/** Numbers of 32 bits, packed. */
export function floats(field: number, values: readonly number[]): Bytes {
  const data = new Uint8Array(values.length * 4);
  const view = new DataView(data.buffer);
  for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  return bytes(field, data);
}

/** Whole numbers, packed. */
export function wholes(field: number, values: readonly (number | bigint)[]): Bytes {
  return nested(
    field,
    values.map((value) => piece(varint(value))),
  );
}

/** A field of a message, as it is read back. */
export interface Field {
  readonly field: number;
  /** Of bytes, texts and messages; of others nothing is read. */
  readonly content: Uint8Array;
}

/**
 * The fields of a message that have a length, in order.
 *
 * @throws RangeError for what is no message
 */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, undefined> {
  let place = 0;
  const next = (): number => {
    const value = message[place++];
    if (value === undefined) throw new RangeError("the message ends in the midst of a field");
    return value;
  };
  const number = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = next();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  };
  while (place < message.length) {
    const head = number();
    const [field, kind] = [Math.floor(head / 8), head % 8];
    if (kind === kinds.varint) number();
    else if (kind === kinds.float) place += 4;
    else if (kind === 1) place += 8;
    else if (kind === kinds.bytes) {
      const length = number();
      if (place + length > message.length) throw new RangeError("a field is longer than its message");
      yield { field, content: message.subarray(place, place + length) };
      place += length;
    } else throw new RangeError(`a field is of the unknown kind ${kind}`);
  }
}
