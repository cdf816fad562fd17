/** The safetensors file format: a length, a JSON header, raw little-endian values. */
import { corruptFile, FgkdError } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import { isRecord } from "../values/unknown.js";
import { elementSizes, isElementType } from "./element-types.js";
import { brief, downloadAgain, type FileBytes, withFile } from "./file-bytes.js";
import { tellForeign, tellingBytes } from "./foreign-files.js";
import { repeatedKey } from "./repeated-key.js";
import { createTensorFile, type Place, sizeOf, type TensorEntry, type TensorFile } from "./tensor-file.js";

/** Tensors by name, and free-form text entries: what stands in a file. */
export interface TensorContent {
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor to be written, whose bytes are there when their turn comes. */
export interface EncodedTensor extends TensorEntry {
  /** Little-endian, row by row. */
  bytes(): Uint8Array;
}

/** Headers of real files are well under a megabyte. Parsed JSON takes many times its text, so the limit is low. */
const longestHeader = 16 * 2 ** 20;

/** More axes than any weight has; a header could claim millions. */
const mostAxes = 8;

/** The chunks of a file, in order; written one after the other, so that no second copy of the weights is made. */
export function encodeSafetensors({ tensors, metadata }: TensorContent): Generator<Uint8Array> {
  const encoded = [...tensors].map(([name, { shape, data }]): [string, EncodedTensor] => {
    const dtype = data instanceof BigInt64Array ? "I64" : "F32";
    const bytes = () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, { dtype, shape, bytes }];
  });
  return encodeTensors(new Map(encoded), metadata);
}

/** The same of tensors of any type. */
export function* encodeTensors(
  tensors: ReadonlyMap<string, EncodedTensor>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const entries: [string, object][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const length = sizeOf(shape) * elementSizes[dtype];
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + length] }]);
    offset += length;
  }
  // fromEntries, not assignment: it takes any name, "__proto__" too.
  const header = Object.fromEntries(entries);
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces bring the values to a multiple of 8 bytes, as the format asks.
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(padded.length), true);
  yield new Uint8Array(length.buffer);
  yield padded;
  for (const tensor of tensors.values()) yield tensor.bytes();
}

/**
 * Reads a file; I64 becomes `BigInt64Array`, every other type `Float32Array`.
 *
 * What it reads and holds is bounded by the size of the file, whatever the header claims.
 *
 * @throws FGKD_PATH when it cannot be opened, FGKD_CORRUPT_FILE when its header and its bytes disagree
 */
export function readSafetensors(path: string): TensorContent {
  const file = withFile(path, (bytes) => openSafetensors(bytes));
  return { tensors: file.read(), metadata: file.metadata };
}

/**
 * Looks at a file's header: no value is read.
 *
 * @throws as `readSafetensors` does
 */
export function openSafetensors(file: FileBytes): TensorFile {
  const { header, start } = readHeader(file);
  const metadata = metadataIn(header, file.path);
  const { __metadata__: _, ...entries } = header;
  const places = Object.entries(entries).map(([name, entry]) => checkEntry(file.path, name, entry, start));
  checkPlaces(file, places, start);
  return createTensorFile(file, { format: "safetensors", places: new Map(places), metadata });
}

function metadataIn(header: Readonly<Record<string, unknown>>, path: string): TensorContent["metadata"] {
  const { __metadata__: metadata = {} } = header;
  if (isRecord(metadata) && Object.values(metadata).every((text) => typeof text === "string"))
    return metadata as TensorContent["metadata"];
  throw corruptFile(path, "has metadata that is not text", downloadAgain);
}

function readHeader(file: FileBytes): { header: Readonly<Record<string, unknown>>; start: number } {
  const broken = (problem: string) => {
    const foreign = tellForeign(file.path, file.read(0, Math.min(file.size, tellingBytes)));
    return corruptFile(file.path, foreign?.problem ?? problem, foreign?.remedy ?? downloadAgain);
  };
  if (file.size < 8) throw broken("is shorter than a safetensors header");
  const length = new DataView(file.read(0, 8).buffer).getBigUint64(0, true);
  if (Number(length) + 8 > file.size) throw broken("is not a safetensors file, or is cut off");
  if (length > longestHeader)
    throw broken(`has a header of ${length} bytes, and ${longestHeader} are the most that are read`);
  const bytes = file.read(8, Number(length));
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    if (!isRecord(header)) throw new Error("it is not an object");
    const twice = repeatedKey(text);
    if (twice !== undefined) throw corruptFile(file.path, `names "${brief(twice)}" twice in its header`, downloadAgain);
    return { header, start: 8 + bytes.length };
  } catch (cause) {
    if (cause instanceof FgkdError) throw cause;
    throw broken(`has a header that is not JSON (${brief((cause as Error).message)})`);
  }
}

function checkEntry(path: string, name: string, entry: unknown, start: number): [string, Place] {
  const fail = (problem: string) => corruptFile(path, `tensor "${brief(name)}" ${problem}`, downloadAgain);
  if (!isRecord(entry)) throw fail("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isElementType(dtype)) throw fail(`has the unknown type ${brief(String(JSON.stringify(dtype)))}`);
  if (!isWhole(shape) || shape.length > mostAxes) throw fail("has no proper shape");
  if (!isWhole(offsets) || offsets.length !== 2) throw fail("has no proper offsets");
  const [from, to] = offsets as readonly [number, number];
  if (to - from !== sizeOf(shape) * elementSizes[dtype]) throw fail(`of shape [${shape}] has ${to - from} bytes`);
  return [name, { dtype, shape, offset: 0, storage: { from: start + from, length: to - from, name } }];
}

/** Tensors fill the file one after the other: overlapping ones could take any multiple of its size in memory. */
function checkPlaces({ path, size }: FileBytes, places: readonly (readonly [string, Place])[], start: number): void {
  const storages = places.map(([, { storage }]) => storage);
  let end = start;
  for (const { name, from, length } of storages.sort((a, b) => a.from - b.from || a.length - b.length)) {
    const fail = (problem: string) => corruptFile(path, `tensor "${brief(name)}" ${problem}`, downloadAgain);
    if (from < end) throw fail("overlaps another one");
    if (from > end) throw fail("follows bytes that belong to no tensor");
    if (from + length > size) throw fail("reaches beyond the end of the file");
    end = from + length;
  }
  if (end < size) throw corruptFile(path, `has ${size - end} bytes after its last tensor`, downloadAgain);
}

function isWhole(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
}
