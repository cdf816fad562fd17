/** Calls of native functions: recorded as the engine makes them, and made again with mistakes. */
import type { Addon } from "../../../../../plugins/engines/onednn/addon.js";

export interface RecordedCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

type TypedArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

const isValues = (value: unknown): value is TypedArray =>
  value instanceof Float32Array ||
  value instanceof Int32Array ||
  value instanceof Uint8Array ||
  value instanceof Uint16Array;

/** The addon, and what it was called with; tensors' values are kept only where they are few. */
export function recordCalls(addon: Addon): { readonly addon: Addon; readonly calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const keep = (value: unknown) => (isValues(value) ? value.slice() : value);
  const recording = new Proxy(addon, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push({ name: String(name), args: args.map(keep) });
        return (value as (...given: unknown[]) => unknown)(...args);
      };
    },
  });
  return { addon: recording, calls };
}

/** One thing done wrong. The numbers are taken as far as they go round. */
export interface Mistake {
  /** Which argument. */
  readonly place: number;
  readonly kind: number;
  /** Which element, which value. */
  readonly detail: number;
}

const strange: readonly unknown[] = [
  ...[undefined, null, Number.NaN, -1, 0, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53, Number.MAX_VALUE, "3", true, {}],
  ...[[], [1, 2], () => 1, 7n, Symbol("x"), new ArrayBuffer(64), new DataView(new ArrayBuffer(64))],
  ...[new Float64Array(8), new BigInt64Array(4), new Uint16Array(8), new Float32Array(0), new Int32Array(0)],
  ...[new Float32Array(9), new Int32Array(9), new Uint8Array(9), new Float32Array(new SharedArrayBuffer(64))],
];
const sizes = [-1, 0, 1, 2, 3, 7, 8, 16, 64, 1000, 65_536, 2 ** 24, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)];
const lengths: readonly ((length: number) => number)[] = [
  (length) => Math.max(0, length - 1),
  (length) => length + 1,
  (length) => length * 2,
  (length) => Math.floor(length / 2),
  () => 0,
];

/** Bytes before and after every array that must stay as they are. */
const guard = 256;
const mark = 0xa5;

/** The arguments of a recorded call with mistakes in them, and a look at the memory around its arrays. */
export function withMistakes(call: RecordedCall, mistakes: readonly Mistake[]) {
  const guarded: Uint8Array[] = [];
  const place = (values: TypedArray, length = values.length): TypedArray => {
    const bytes = length * values.BYTES_PER_ELEMENT;
    const memory = new Uint8Array(guard + bytes + guard).fill(mark);
    guarded.push(memory);
    const type = values.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;
    const made = new type(memory.buffer, guard, length);
    made.set(values.subarray(0, length));
    return made;
  };
  const args = call.args.map((value) => (isValues(value) ? place(value) : value));
  for (const { place: at, kind, detail } of mistakes) {
    const index = at % (args.length + 1);
    args[index] = spoil(args[index], kind, detail, place);
  }
  const isIntact = () =>
    guarded.every(
      (memory) =>
        memory.length === 0 || // its buffer was given away
        (memory.subarray(0, guard).every((byte) => byte === mark) &&
          memory.subarray(memory.length - guard).every((byte) => byte === mark)),
    );
  return { args, isIntact };
}

function spoil(
  value: unknown,
  kind: number,
  detail: number,
  place: (values: TypedArray, length?: number) => TypedArray,
) {
  const pick = <T>(list: readonly T[]) => list[detail % list.length] as T;
  if (kind % 4 === 0) return pick(strange);
  if (typeof value === "number") return pick([...sizes, value + 1, value - 1, value * 2]);
  if (typeof value === "boolean") return !value;
  // An empty array may be one that an earlier mistake detached.
  if (!isValues(value) || value.length === 0) return pick(strange);
  if (kind % 4 === 1) return place(value, pick(lengths)(value.length));
  if (kind % 4 === 2) return detach(value);
  // An element of a shape, or a value of a tensor.
  const spoilt = place(value);
  const at = Math.floor(detail / 32) % value.length;
  spoilt[at] = pick([...sizes, (value[at] as number) + 1, (value[at] as number) - 1, Number.NaN]);
  return spoilt;
}

function detach(values: TypedArray): TypedArray {
  const copy = values.slice();
  structuredClone(copy.buffer, { transfer: [copy.buffer as ArrayBuffer] });
  return copy;
}

/** A call in words, short enough for a message. */
export function describeCall(name: string, args: readonly unknown[]): string {
  return `${name}(${args.map(describeValue).join(", ")})`;
}

function describeValue(value: unknown): string {
  if (!isValues(value)) return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  const values = value.length > 0 && value.length <= 32 ? `[${value}]` : "";
  return `${value.constructor.name}(${value.length})${values}`;
}
