/** A file of tensors that was looked at: what it holds is known, and read when it is asked for. */
import { crc32 } from "node:zlib";
import { corruptFile } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import { decode, type ElementType, elementSizes, type FillBytes } from "./element-types.js";
import { brief, downloadAgain, type FileBytes, withFile } from "./file-bytes.js";

/** What a file says of a tensor. */
export interface TensorEntry {
  /** As safetensors calls it: `F32`, `I64`, … */
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

/**
 * A file of tensors, whatever its format. It is not held open: a file that was changed since it was looked at is refused.
 */
export interface TensorFile {
  /** In words, for whoever looks at it. */
  readonly format: string;
  /** By name, in the order of the file. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Texts beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What a user is to know of how it was read. */
  readonly notes: readonly string[];
  /**
   * The values of the named tensors: I64 as `BigInt64Array`, all else as `Float32Array`, row by row.
   *
   * @param names those that the file has; default: all
   * @throws FGKD_CORRUPT_FILE, FGKD_PATH
   */
  read(names?: Iterable<string>): ReadonlyMap<string, NamedArray>;
  /** A tensor's own bytes, little-endian, row by row. @throws as `read` does */
  bytes(name: string): Uint8Array;
}

/** Bytes of the file that one or several tensors are seen in. */
export interface Storage {
  /** In bytes, from the beginning of the file. */
  readonly from: number;
  readonly length: number;
  /** Of its bytes, where the file says it. */
  readonly crc?: number;
  /** For messages. */
  readonly name: string;
}

/** Where a tensor stands. */
export interface Place extends TensorEntry {
  readonly storage: Storage;
  /** Of its first value, in values from the beginning of its storage. */
  readonly offset: number;
  /** In values, one for each axis. Default: row by row. */
  readonly strides?: readonly number[];
}

/** What there is to know of a file before any value of it is read. */
export interface Layout {
  readonly format: string;
  readonly places: ReadonlyMap<string, Place>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly notes?: readonly string[];
}

/** @param layout every place lies within its storage, and every storage within the file */
export function createTensorFile({ path, stamp }: FileBytes, layout: Layout): TensorFile {
  const { format, places, metadata, notes = [] } = layout;
  const find = (name: string): Place => {
    const place = places.get(name);
    if (!place) throw corruptFile(path, `has no tensor "${brief(name)}"`, "Was it changed meanwhile? Try again.");
    return place;
  };
  /** Many tensors may lie in one of them. */
  const checked = new Set<Storage>();
  const withSame = <T>(wanted: readonly Place[], work: (file: FileBytes) => T): T =>
    withFile(path, (file) => {
      if (file.stamp !== stamp)
        throw corruptFile(path, "was changed while it was read", "Try again when nobody writes it.");
      for (const { storage } of wanted) {
        if (!checked.has(storage)) checkSum(file, storage);
        checked.add(storage);
      }
      return work(file);
    });
  return {
    format,
    entries: new Map([...places].map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    metadata,
    notes,
    read: (names = places.keys()) => {
      const wanted = [...names].map((name) => [name, find(name)] as const);
      return withSame([...new Map(wanted).values()], (file) => {
        const arrays = wanted.map(([name, place]) => {
          const data = decode(place.dtype, sizeOf(place.shape), bytesOf(file, place));
          return [name, { shape: place.shape, data }] as const;
        });
        return new Map(arrays);
      });
    },
    bytes: (name) => {
      const place = find(name);
      return withSame([place], (file) => {
        const bytes = new Uint8Array(sizeOf(place.shape) * elementSizes[place.dtype]);
        bytesOf(file, place)(bytes, 0);
        return bytes;
      });
    },
  };
}

/** Number of values. A product beyond 2^53 is inexact, but then it is also larger than any file. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The strides of a tensor that stands row by row. */
function rowStrides(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

function checkSum(file: FileBytes, { from, length, crc, name }: Storage): void {
  if (crc === undefined) return;
  const piece = new Uint8Array(Math.min(length, 2 ** 20));
  let sum = 0;
  for (let at = 0; at < length; at += piece.length) {
    const bytes = piece.subarray(0, length - at);
    file.readInto(bytes, from + at);
    sum = crc32(bytes, sum);
  }
  if (sum !== crc)
    throw corruptFile(file.path, `has other bytes in ${brief(name)} than its checksum says`, downloadAgain);
}

function bytesOf(file: FileBytes, { dtype, shape, storage, offset, strides }: Place): FillBytes {
  const size = elementSizes[dtype];
  const start = storage.from + offset * size;
  const usual = rowStrides(shape);
  // The stride of an axis with one place on it means nothing.
  const isPlain = !strides || shape.every((side, axis) => side < 2 || strides[axis] === usual[axis]);
  if (isPlain) return (bytes, from) => file.readInto(bytes, start + from);
  const gathered = sizeOf(shape) === 0 ? new Uint8Array(0) : gather(file, start, size, shape, strides);
  return (bytes, from) => bytes.set(gathered.subarray(from, from + bytes.length));
}

/** The bytes of a view, row by row. What it is seen in is read as a whole, so that no value takes a read of its own. */
function gather(
  file: FileBytes,
  start: number,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] as number), 0);
  const seen = file.read(start, (last + 1) * size);
  const count = sizeOf(shape);
  const gathered = new Uint8Array(count * size);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < size; byte++) gathered[to * size + byte] = seen[from * size + byte] as number;
    // On to the next value: the last axis first, and where one is at its end, the one before.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return gathered;
}
