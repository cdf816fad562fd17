/**
 * Reads files of MATLAB, version 5, as far as lists of data sets need it: numbers, text, cells and structs.
 *
 * Format: "MAT-File Format", The MathWorks. Nothing in a file is believed: every length is held against what is left.
 */
import { readFile, stat } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import { corruptFile, readFailed } from "../../../core/index.js";

/** Bytes of a file, and of one value unpacked: the largest list of a known set takes half. */
const LARGEST = 2 ** 24;
/** Cells in structs in cells: lists need three. */
const DEPTH = 8;
const HEADER = 128;

/** A value, its entries column by column as MATLAB has them. */
export type MatValue =
  | { readonly kind: "numbers"; readonly values: readonly number[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "cell"; readonly cells: readonly MatValue[] }
  | { readonly kind: "struct"; readonly entries: readonly Readonly<Record<string, MatValue>>[] }
  /** What no list needs: functions, sparse matrices, objects. */
  | { readonly kind: "other" };

/** The variables of a file, by name. */
export type MatFile = ReadonlyMap<string, MatValue>;

/** @throws FGKD_CORRUPT_FILE when it is no such file, or damaged; FGKD_PATH when it cannot be read */
export async function readMat(path: string): Promise<MatFile> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST) throw new MatProblem(`is ${size} bytes large; ${LARGEST} are read at most`);
    return parseMat(await readFile(path));
  } catch (error) {
    if (error instanceof MatProblem) throw corruptFile(path, error.message, REMEDY);
    if (error instanceof Error && "code" in error) throw readFailed(path, error);
    throw error;
  }
}

const REMEDY = "Take it from the data set's archive once more";

/** What is wrong with a file, in words that follow its name and a colon. */
class MatProblem extends Error {}

function parseMat(bytes: Uint8Array): MatFile {
  const start = Buffer.from(bytes.subarray(0, HEADER)).toString("latin1");
  if (start.startsWith("\x89HDF") || start.startsWith("MATLAB 7.3"))
    throw new MatProblem("is a MAT file of version 7.3 (HDF5); version 5 can be read, and is what the set came with");
  if (start.startsWith("version https://git-lfs"))
    throw new MatProblem("is a pointer of Git LFS, not the file that it stands for");
  const mark = start.slice(126, HEADER);
  if (bytes.length < HEADER || (mark !== "IM" && mark !== "MI")) throw new MatProblem("is not a MAT file of version 5");
  const found = new Map<string, MatValue>();
  const room = { left: LARGEST };
  const reader = new Reader(bytes.subarray(HEADER), mark === "IM");
  while (!reader.isDone) {
    const part = reader.next();
    const whole = part.type === COMPRESSED ? unpack(part.bytes, reader.little, room) : part;
    if (whole.type !== MATRIX) continue;
    const { name, value } = matrixOf(new Reader(whole.bytes, reader.little), DEPTH);
    found.set(name, value);
  }
  return found;
}

/** A compressed element holds one element, tag and all. */
function unpack(bytes: Uint8Array, little: boolean, room: { left: number }): Part {
  try {
    const plain = inflateSync(bytes, { maxOutputLength: Math.max(1, room.left) });
    room.left -= plain.length;
    return new Reader(plain, little).next();
  } catch (error) {
    if (error instanceof MatProblem) throw error;
    const isBomb = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new MatProblem(
      isBomb ? `unpacks to more than ${LARGEST} bytes` : "is damaged: what is compressed in it is not whole",
    );
  }
}

/** An element: its type as the format numbers it, and its bytes. */
interface Part {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const [MATRIX, COMPRESSED] = [14, 15];

/** Goes through elements one by one. */
class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly little: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isDone(): boolean {
    return this.#at >= this.bytes.length;
  }

  next(): Part {
    this.#require(this.#at + 8);
    const first = this.#view.getUint32(this.#at, this.little);
    // Up to four bytes lie in the tag itself, their count in its upper half.
    const small = first >>> 16;
    const type = small === 0 ? first : first & 0xffff;
    const length = small === 0 ? this.#view.getUint32(this.#at + 4, this.little) : small;
    if (small > 4) throw new MatProblem(`is damaged: ${small} bytes where 4 have room`);
    const start = this.#at + (small === 0 ? 8 : 4);
    this.#require(start + length);
    // All but compressed elements are padded; the last one's padding may be missing.
    this.#at = small === 0 ? start + (type === COMPRESSED ? length : Math.ceil(length / 8) * 8) : this.#at + 8;
    return { type, bytes: this.bytes.subarray(start, start + length) };
  }

  #require(end: number): void {
    if (end > this.bytes.length) throw new MatProblem("is cut short or damaged: an element reaches beyond its end");
  }
}

function matrixOf(reader: Reader, depth: number): { name: string; value: MatValue } {
  if (depth === 0) throw new MatProblem(`nests values more than ${DEPTH} deep`);
  // An element without bytes is an empty array.
  if (reader.isDone) return { name: "", value: { kind: "numbers", values: [] } };
  const [flags = 0] = numbersOf(reader.next(), reader.little);
  const dimensions = numbersOf(reader.next(), reader.little);
  const name = textOf(reader.next(), reader.little);
  const count = countOf(dimensions);
  return { name, value: contentOf(flags & 0xff, count, dimensions[0] ?? 0, reader, depth) };
}

function countOf(dimensions: readonly number[]): number {
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (dimensions.length < 2 || dimensions.some((size) => size < 0) || count > LARGEST)
    throw new MatProblem(`is damaged: an array of ${dimensions.slice(0, 4).join(" × ") || "no size"}`);
  return count;
}

/** By the class that its flags name. */
function contentOf(kind: number, count: number, rows: number, reader: Reader, depth: number): MatValue {
  if (kind === 1) return { kind: "cell", cells: times(count, () => inner(reader, depth)) };
  if (kind === 2) return structOf(count, reader, depth);
  if (kind === 4)
    return { kind: "text", text: rowsOf(reader.isDone ? "" : textOf(reader.next(), reader.little), rows) };
  if (kind < 6 || kind > 15) return { kind: "other" };
  const values = reader.isDone ? [] : numbersOf(reader.next(), reader.little);
  if (values.length !== count) throw new MatProblem(`is damaged: ${values.length} numbers in an array of ${count}`);
  return { kind: "numbers", values };
}

function structOf(count: number, reader: Reader, depth: number): MatValue {
  const [width = 0] = numbersOf(reader.next(), reader.little);
  const { bytes } = reader.next();
  if (width < 1 || bytes.length % width !== 0) throw new MatProblem("is damaged: the names of its fields do not fit");
  const fields = times(bytes.length / width, (index) => {
    const name = Buffer.from(bytes.subarray(index * width, (index + 1) * width)).toString("latin1");
    return name.split("\0")[0] as string;
  });
  if (fields.length === 0) return { kind: "struct", entries: [] };
  const entry = () => Object.fromEntries(fields.map((field) => [field, inner(reader, depth)]));
  return { kind: "struct", entries: times(count, entry) };
}

function inner(reader: Reader, depth: number): MatValue {
  const { type, bytes } = reader.next();
  if (type !== MATRIX) throw new MatProblem(`is damaged: an element of type ${type} where an array belongs`);
  return matrixOf(new Reader(bytes, reader.little), depth - 1).value;
}

/** One after the other: a count that a damaged file claims runs into its end, not into memory. */
function times<T>(count: number, make: (index: number) => T): T[] {
  const made: T[] = [];
  for (let index = 0; index < count; index++) made.push(make(index));
  return made;
}

type Getter = (view: DataView, at: number, little: boolean) => number;

/** By type: bytes of a number, and how it is read. Types of text are those of their units. */
const numeric: Readonly<Record<number, readonly [size: number, get: Getter]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  17: [2, (view, at, little) => view.getUint16(at, little)],
  18: [4, (view, at, little) => view.getUint32(at, little)],
};

/** Numbers lie in the smallest type that holds them, whatever the class of their array: the stored type counts. */
function numbersOf({ type, bytes }: Part, little: boolean): number[] {
  const [size, get] = numeric[type] ?? [0, () => 0];
  if (size === 0 || bytes.length % size !== 0) throw new MatProblem(`is damaged: numbers of type ${type}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return times(bytes.length / size, (index) => get(view, index * size, little));
}

function textOf(part: Part, little: boolean): string {
  const { type, bytes } = part;
  if (type === 1 || type === 2 || type === 16) return Buffer.from(bytes).toString("utf8");
  const units = numbersOf(part, little);
  if (units.some((unit) => !Number.isInteger(unit) || unit < 0 || unit > 0x10ffff))
    throw new MatProblem("is damaged: text of characters that do not exist");
  return units.map((unit) => (type === 18 ? String.fromCodePoint(unit) : String.fromCharCode(unit))).join("");
}

/** Text of several rows lies column by column; its rows become lines. */
function rowsOf(text: string, rows: number): string {
  if (rows <= 1 || text.length < rows) return text;
  const characters = [...text];
  const columns = Math.ceil(characters.length / rows);
  return times(rows, (row) => times(columns, (column) => characters[column * rows + row] ?? "").join("")).join("\n");
}

/** Text of each cell, from a variable that is a cell of text. */
export function textsIn(value: MatValue | undefined): readonly string[] | undefined {
  if (value?.kind !== "cell") return undefined;
  const texts = value.cells.flatMap((cell) => (cell.kind === "text" ? [cell.text] : []));
  return texts.length === value.cells.length ? texts : undefined;
}

/** Numbers of a variable. */
export function numbersIn(value: MatValue | undefined): readonly number[] | undefined {
  return value?.kind === "numbers" ? value.values : undefined;
}
