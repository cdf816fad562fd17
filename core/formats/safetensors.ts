/** The safetensors file format: a length, a JSON header, raw little-endian values. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { corruptFile, pathProblem, readFailed } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import { isRecord } from "../values/unknown.js";
import { tellForeign, tellingBytes } from "./foreign-files.js";

/** A file's tensors by name, and its free-form text entries. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file's header says of a tensor. */
export interface TensorEntry {
  /** As the format calls it: `F32`, `I64`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One tensor as the header describes it, once checked. */
interface Place extends TensorEntry {
  readonly name: string;
  readonly decoder: Decoder;
  /** In bytes, from the end of the header. */
  readonly from: number;
  readonly to: number;
}

/** Headers of real files are well under a megabyte. Parsed JSON takes many times its text, so the limit is low. */
const longestHeader = 16 * 2 ** 20;

/** More axes than any weight has; a header could claim millions. */
const mostAxes = 8;

/** Node reads less than 2 GiB at a time. */
const longestRead = 2 ** 30;

const remedy = "Download or export the file again.";

/** The chunks of a file, in order; written one after the other, so that no second copy of the weights is made. */
export function* encodeSafetensors({ tensors, metadata }: TensorFile): Generator<Uint8Array> {
  const entries: [string, object][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = data instanceof BigInt64Array ? "I64" : "F32";
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
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
  for (const { data } of tensors.values()) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Reads a file; F32, F16, BF16, F64, I32 and U8 become `Float32Array`, I64 becomes `BigInt64Array`.
 *
 * What it reads and holds is bounded by the size of the file, whatever the header claims.
 *
 * @throws FGKD_PATH when it cannot be opened, FGKD_CORRUPT_FILE when its header and its bytes disagree
 */
export function readSafetensors(path: string): TensorFile {
  const file = open(path);
  try {
    const { places, metadata, start } = readPlaces(file, path);
    const tensors = places.map(({ name, shape, decoder, from, to }) => {
      const bytes = read(file, path, start + from, to - from);
      return [name, { shape, data: decoder.values(bytes.buffer) }] as const;
    });
    return { tensors: new Map(tensors), metadata };
  } finally {
    closeSync(file);
  }
}

/**
 * What a file's header says of its tensors, by name: no value is read.
 *
 * @throws as `readSafetensors` does
 */
export function readTensorEntries(path: string): ReadonlyMap<string, TensorEntry> {
  const file = open(path);
  try {
    return new Map(readPlaces(file, path).places.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
  } finally {
    closeSync(file);
  }
}

/** The text entries of a file alone. @throws as `readSafetensors` does, of the header */
export function readMetadata(path: string): TensorFile["metadata"] {
  const file = open(path);
  try {
    return metadataIn(readHeader(file, path).header, path);
  } finally {
    closeSync(file);
  }
}

/** Where each tensor lies, once it is known that they fill the file. */
function readPlaces(file: number, path: string) {
  const { header, start } = readHeader(file, path);
  const metadata = metadataIn(header, path);
  const { __metadata__: _, ...entries } = header;
  const places = Object.entries(entries).map(([name, entry]) => checkEntry(path, name, entry));
  checkPlaces(path, places, fstatSync(file).size - start);
  return { places, metadata, start };
}

function metadataIn(header: Readonly<Record<string, unknown>>, path: string): TensorFile["metadata"] {
  const { __metadata__: metadata = {} } = header;
  if (isRecord(metadata) && Object.values(metadata).every((text) => typeof text === "string"))
    return metadata as TensorFile["metadata"];
  throw corruptFile(path, "has metadata that is not text", remedy);
}

function open(path: string): number {
  const give = "Give the path of a .safetensors file that exists.";
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
    if (isFile) return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw readFailed(path, cause);
    throw pathProblem(path, "cannot be opened (ENOENT)", give);
  }
  throw pathProblem(path, "is not a file", `${filesIn(path)}${give}`);
}

/** A folder of the hub's, or of a run, holds what was meant. */
function filesIn(path: string): string {
  try {
    const files = readdirSync(path).filter((name) => name.endsWith(".safetensors"));
    return files.length === 0 ? "" : `It is a folder with ${brief(files.slice(0, 3).join(", "))} in it. `;
  } catch {
    return "";
  }
}

/** A file may be shorter than it was, or than it says, at any time. */
function read(file: number, path: string, from: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, Math.min(length - done, longestRead), from + done);
    if (count === 0) throw corruptFile(path, "is cut off", remedy);
    done += count;
  }
  return bytes;
}

function readHeader(file: number, path: string): { header: Readonly<Record<string, unknown>>; start: number } {
  const { size } = fstatSync(file);
  const broken = (problem: string) => {
    const foreign = tellForeign(path, read(file, path, 0, Math.min(size, tellingBytes)));
    return corruptFile(path, foreign?.problem ?? problem, foreign?.remedy ?? remedy);
  };
  if (size < 8) throw broken("is shorter than a safetensors header");
  const length = new DataView(read(file, path, 0, 8).buffer).getBigUint64(0, true);
  if (length > longestHeader || Number(length) + 8 > size) throw broken("is not a safetensors file, or is cut off");
  const text = read(file, path, 8, Number(length));
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
    if (!isRecord(header)) throw new Error("it is not an object");
    return { header, start: 8 + text.length };
  } catch (cause) {
    throw broken(`has a header that is not JSON (${brief((cause as Error).message)})`);
  }
}

function checkEntry(path: string, name: string, entry: unknown): Place {
  const fail = (problem: string) => corruptFile(path, `tensor "${brief(name)}" ${problem}`, remedy);
  if (!isRecord(entry)) throw fail("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  const decoder = decoders.get(dtype);
  if (!decoder || typeof dtype !== "string") throw fail(`has the unknown type ${brief(String(JSON.stringify(dtype)))}`);
  if (!isWhole(shape) || shape.length > mostAxes) throw fail("has no proper shape");
  if (!isWhole(offsets) || offsets.length !== 2) throw fail("has no proper offsets");
  const [from, to] = offsets as readonly [number, number];
  // A product beyond 2^53 is inexact, but then it is also larger than any file.
  const size = shape.reduce((product, side) => product * side, decoder.bytes);
  if (to - from !== size) throw fail(`of shape [${shape}] has ${to - from} bytes`);
  return { name, dtype, shape, decoder, from, to };
}

/** Tensors fill the file one after the other: overlapping ones could take any multiple of its size in memory. */
function checkPlaces(path: string, places: readonly Place[], size: number): void {
  let end = 0;
  for (const { name, from, to } of [...places].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const fail = (problem: string) => corruptFile(path, `tensor "${brief(name)}" ${problem}`, remedy);
    if (from < end) throw fail("overlaps another one");
    if (from > end) throw fail("follows bytes that belong to no tensor");
    if (to > size) throw fail("reaches beyond the end of the file");
    end = to;
  }
  if (end < size) throw corruptFile(path, `has ${size - end} bytes after its last tensor`, remedy);
}

function isWhole(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
}

/** What stands in a hostile file must not fill the screen. */
function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

interface Decoder {
  /** Of one value. */
  readonly bytes: number;
  values(buffer: ArrayBuffer): NamedArray["data"];
}

const decoders: ReadonlyMap<unknown, Decoder> = new Map<unknown, Decoder>([
  ["F32", { bytes: 4, values: (buffer) => new Float32Array(buffer) }],
  ["F64", { bytes: 8, values: (buffer) => new Float32Array(new Float64Array(buffer)) }],
  ["BF16", { bytes: 2, values: (buffer) => widenBfloat(new Uint16Array(buffer)) }],
  ["F16", { bytes: 2, values: (buffer) => new Float32Array(new Uint16Array(buffer)).map(widenHalf) }],
  ["I64", { bytes: 8, values: (buffer) => new BigInt64Array(buffer) }],
  ["I32", { bytes: 4, values: (buffer) => new Float32Array(new Int32Array(buffer)) }],
  ["U8", { bytes: 1, values: (buffer) => new Float32Array(new Uint8Array(buffer)) }],
]);

function widenBfloat(halves: Uint16Array): Float32Array {
  return new Float32Array(new Uint32Array(halves).map((half) => half << 16).buffer);
}

function widenHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
