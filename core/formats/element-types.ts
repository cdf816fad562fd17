/** Types of values in files of tensors, and how they become ours. */
import type { NamedArray } from "../values/named-array.js";

/** As safetensors calls them. */
export type ElementType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** In bytes. */
export const elementSizes: Readonly<Record<ElementType, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export function isElementType(name: unknown): name is ElementType {
  return typeof name === "string" && Object.hasOwn(elementSizes, name);
}

/** Of what is turned into float32, so much at a time: beside the result only this is held. */
const pieceLength = 2 ** 18;

/** Fills the bytes with a tensor's own, from a position among them on. */
export type FillBytes = (bytes: Uint8Array, from: number) => void;

/** The values of a tensor: I64 as they are, everything else as float32. */
export function decode(type: ElementType, count: number, fill: FillBytes): NamedArray["data"] {
  const whole = type === "F32" ? new Float32Array(count) : type === "I64" ? new BigInt64Array(count) : undefined;
  if (whole) {
    fill(new Uint8Array(whole.buffer), 0);
    return whole;
  }
  const values = new Float32Array(count);
  const size = elementSizes[type];
  const widen = wideners[type as keyof typeof wideners]();
  const piece = new Uint8Array(Math.min(count, pieceLength) * size);
  for (let at = 0; at < count; at += pieceLength) {
    const length = Math.min(count - at, pieceLength);
    const bytes = piece.subarray(0, length * size);
    fill(bytes, at * size);
    widen(bytes.buffer, length, values.subarray(at, at + length));
  }
  return values;
}

/** Turns the first values of a buffer into float32. */
type Widen = (from: ArrayBuffer, length: number, to: Float32Array) => void;

const wideners = {
  F64: () => (from, length, to) => to.set(new Float64Array(from, 0, length)),
  I32: () => (from, length, to) => to.set(new Int32Array(from, 0, length)),
  I16: () => (from, length, to) => to.set(new Int16Array(from, 0, length)),
  I8: () => (from, length, to) => to.set(new Int8Array(from, 0, length)),
  U8: () => (from, length, to) => to.set(new Uint8Array(from, 0, length)),
  BOOL: () => (from, length, to) => to.set(new Uint8Array(from, 0, length).map((byte) => (byte === 0 ? 0 : 1))),
  BF16: () => (from, length, to) => {
    const halves = new Uint16Array(from, 0, length);
    const bits = new Uint32Array(to.buffer, to.byteOffset, length);
    for (let at = 0; at < length; at++) bits[at] = (halves[at] as number) << 16;
  },
  F16: () => {
    // Of all 65,536 that there are: looking one up takes a tenth of the time that working it out does.
    const all = new Float32Array(2 ** 16).map((_, half) => widenHalf(half));
    return (from, length, to) => {
      const halves = new Uint16Array(from, 0, length);
      for (let at = 0; at < length; at++) to[at] = all[halves[at] as number] as number;
    };
  },
} satisfies Record<Exclude<ElementType, "F32" | "I64">, () => Widen>;

function widenHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
